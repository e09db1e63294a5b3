// Soak: what a run of many minutes needs: it says each minute how far it is, sees to it that honest tasks go on, and
// lets the wall clocks of all programs run fast, so that hours pass in minutes.
//
// Threads: used by the ring's own thread. Times are microseconds, as now_us() returns them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tests/chaos/cluster.h"
#include "tests/chaos/journal_tail.h"

namespace forkmill::chaos {

class Soak {
 public:
  // `minutes`: the length of the run. `speed`: seconds of the wall clocks for each that passes, 1 or more. `say` is
  // given lines for people.
  Soak(Cluster& cluster, double minutes, std::int64_t speed, std::function<void(const std::string&)> say);

  // Call often while faults happen. `faults`: how many have happened so far.
  void tick(std::uint64_t faults);

 private:
  void advance_clock();
  void tell(std::uint64_t faults);
  std::uint64_t tasks_ended();

  Cluster& cluster_;
  const double minutes_;
  const std::int64_t speed_;
  const std::function<void(const std::string&)> say_;
  const std::int64_t began_ = now_us();
  std::int64_t told_ = 0;      // minutes
  std::int64_t advanced_ = 0;  // seconds by which the wall clocks are ahead because of `speed`
  JournalTail journals_;       // the journals of all clients
  std::uint64_t ended_ = 0;
  unsigned idle_minutes_ = 0;  // in a row, in which no task ended
};

}  // namespace forkmill::chaos
