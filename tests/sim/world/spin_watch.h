// SpinWatch: finds a node that spins: that wakes up again and again and has nothing to do.
#pragma once

#include <cstddef>
#include <string>

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

class SpinWatch {
 public:
  // Notes a wake-up of the node, and whether it had something to do. Throws Violation after 10,000 without.
  void woke(std::string_view name, bool worked) {
    constexpr std::size_t kMaxIdle = 10'000;
    idle_ = worked ? 0 : idle_ + 1;
    if (idle_ > kMaxIdle) throw Violation{std::string{name} + " wakes up again and again without work"};
  }

 private:
  std::size_t idle_ = 0;
};

}  // namespace forkmill::sim
