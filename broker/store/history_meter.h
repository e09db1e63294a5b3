// HistoryMeter: the state of the history of finished tasks, for operators.
#pragma once

#include <cstdint>
#include <string>

#include "proto/clock.h"

namespace forkmill::broker {

struct HistoryMeter {
  std::uint64_t tasks = 0;        // in the history
  std::uint64_t bytes = 0;        // that they take on disk
  proto::milliseconds oldest{0};  // unix time of the end of the oldest one; 0: there is none
  // Since the start of the broker:
  std::uint64_t written = 0;
  std::uint64_t removed = 0;  // because they were too old, or too many
  std::uint64_t dropped = 0;  // finished tasks that did not get into the history
  std::uint64_t damaged = 0;  // damaged rows that searches have met
  std::uint64_t errors = 0;   // by which the history stopped
  std::string stopped;        // why nothing gets into the history; empty: all is well
};

}  // namespace forkmill::broker
