// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): repeatable randomness for the
// pure parts, which get a seed instead of entropy. Not for secrets.
#pragma once

#include <cstdint>

namespace forkmill::proto {

// Spreads every bit of `value` over all bits of the result.
constexpr std::uint64_t mix64(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

class SplitMix64 {
 public:
  constexpr explicit SplitMix64(std::uint64_t seed) : state_{seed} {}
  constexpr std::uint64_t next() { return mix64(state_ += kGoldenRatio); }

 private:
  static constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15ULL;  // 2^64 / golden ratio
  std::uint64_t state_;
};

}  // namespace forkmill::proto
