// Random: the pseudorandom numbers of a session, from a seed (splitmix64: Steele, Lea, Flood, Fast splittable
// pseudorandom number generators, 2014).
#pragma once

#include <cstdint>

#include "client/session/options.h"

namespace forkmill::client {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed} {}

  std::uint64_t next() {
    auto z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
  }
  // From three quarters to five quarters of the pause.
  milliseconds jittered(milliseconds pause) {
    const auto spread = static_cast<std::uint64_t>(pause.count() / 2 + 1);
    return pause * 3 / 4 + milliseconds{static_cast<std::int64_t>(next() % spread)};
  }

 private:
  std::uint64_t state_;
};

}  // namespace forkmill::client
