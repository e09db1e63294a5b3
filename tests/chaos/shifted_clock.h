// ShiftedClock: a wall clock that the ring sets for the programs that it starts with this environment, and for no other
// process (wall_clock.cc). Their monotonic clocks are not changed.
//
// Threads: used by the ring's own thread. Errors: std::runtime_error if the file cannot be made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace forkmill::chaos {

class ShiftedClock {
 public:
  // `file`: tells programs how far the clock is ahead; any user may read it. `library`: what is preloaded into them,
  // which their user must be able to read.
  ShiftedClock(std::string file, std::string library);
  ~ShiftedClock();
  ShiftedClock(const ShiftedClock&) = delete;
  ShiftedClock& operator=(const ShiftedClock&) = delete;

  // Sets by how many seconds the clock is ahead of the machine's.
  void set(std::int64_t ahead);
  std::int64_t ahead() const { return *area_; }
  // For the programs that have this clock; NAME=VALUE each.
  std::vector<std::string> environment() const;

 private:
  const std::string file_;
  const std::string library_;
  volatile std::int64_t* area_ = nullptr;
};

}  // namespace forkmill::chaos
