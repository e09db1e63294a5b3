// Counts: the tasks and executions of a simulation.
#pragma once

#include <cstdint>

namespace forkmill::sim {

struct Counts {
  std::uint64_t submitted = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;   // in any way that the task's options and faults allow
  std::uint64_t unknown = 0;  // the client was gone before the outcome
  std::uint64_t lost = 0;     // with a broker without a store
  std::uint64_t executions = 0;
  std::uint64_t repeated = 0;  // executions of a task beyond its first

  Counts& operator+=(const Counts& other) {
    submitted += other.submitted;
    acknowledged += other.acknowledged;
    succeeded += other.succeeded;
    failed += other.failed;
    unknown += other.unknown;
    lost += other.lost;
    executions += other.executions;
    repeated += other.repeated;
    return *this;
  }
};

}  // namespace forkmill::sim
