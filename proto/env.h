// Env: the only source of time and entropy. Programs use RealEnv (proto/os/real_env.h); a simulator has its own.
#pragma once

#include <cstdint>

#include "proto/clock.h"

namespace forkmill::proto {

class Env {
 public:
  virtual ~Env() = default;
  virtual Now now() = 0;
  virtual std::uint64_t random() = 0;  // 64 unpredictable bits
};

}  // namespace forkmill::proto
