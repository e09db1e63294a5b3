// Random: everything that a simulation draws, from one seed.
#pragma once

#include <cstdint>

#include "proto/clock.h"
#include "proto/random.h"

namespace forkmill::sim {

using proto::Instant;
using proto::milliseconds;

class Random {
 public:
  explicit Random(std::uint64_t seed) : random_{seed} {}

  std::uint64_t next() { return random_.next(); }
  // 0 … n − 1
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  // least … most
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }
  Instant between(Instant least, Instant most) {
    return least + Instant{static_cast<std::int64_t>(below(static_cast<std::uint64_t>((most - least).count()) + 1))};
  }
  double unit() { return static_cast<double>(next() >> 11) / 9007199254740992.0; }
  bool chance(double probability) { return unit() < probability; }
  template <class List>
  auto& pick(List& list) {
    return list[below(list.size())];
  }

 private:
  proto::SplitMix64 random_;
};

}  // namespace forkmill::sim
