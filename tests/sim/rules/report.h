// Report: what one simulation has come to.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include "proto/clock.h"
#include "tests/sim/rules/counts.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

struct Report {
  std::string violation;    // empty: none
  std::uint64_t trace = 0;  // equal for equal options
  std::uint64_t events = 0;
  std::uint64_t lines = 0;  // lines of the trace
  std::uint64_t faults = 0;
  std::uint64_t visits = 0;
  proto::Instant virtual_time{0};
  Counts counts;
};

// Runs a simulation to its end, or until it breaks a rule.
template <class Simulation>
Report report_of(Simulation& simulation) {
  std::string violation;
  try {
    simulation.run();
  } catch (const Violation& found) {
    violation = found.what();
  } catch (const std::exception& error) {
    violation = std::string{"exception: "} + error.what();
  }
  Report report = simulation.report();
  report.violation = std::move(violation);
  return report;
}

}  // namespace forkmill::sim
