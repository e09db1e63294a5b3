// RealEnv: the clocks and the entropy of the system. One thread owns an object.
#pragma once

#include <array>
#include <cstddef>

#include "proto/env.h"

namespace forkmill::proto {

class RealEnv final : public Env {
 public:
  Now now() override;
  // The steady clock alone, for code that reads it often.
  static Instant steady();
  // The wall clock as of the kernel's last tick, some milliseconds ago: a quarter of the cost.
  static milliseconds coarse_unix_time();
  std::uint64_t random() override;  // getrandom(2), read in blocks: cheap enough for an id per task

 private:
  std::array<std::uint64_t, 32> pool_{};
  std::size_t left_ = 0;
};

}  // namespace forkmill::proto
