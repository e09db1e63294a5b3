// Report: what one simulation has come to.
#pragma once

#include <cstdint>
#include <string>

#include "proto/clock.h"
#include "tests/sim/rules/counts.h"

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

}  // namespace forkmill::sim
