// StoreMeter: what a store has done since the start of the broker, for operators.
#pragma once

#include <cstdint>

#include "proto/histogram.h"

namespace forkmill::broker {

struct StoreMeter {
  std::uint64_t changes = 0;      // StoreOps
  std::uint64_t bytes = 0;        // written by commits; 0 if the store does not count them
  proto::Histogram commit_times;  // each with its sync
};

}  // namespace forkmill::broker
