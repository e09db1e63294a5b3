// DrivenLoop: the loop of an engine, which a driver (driver.h) runs step by step. Only the thread that holds the turn
// calls step() and next_wakeup().
#pragma once

#include "proto/clock.h"

namespace forkmill::client {

class DrivenLoop {
 public:
  // Does everything that can be done now. Returns true if something is left; then call it again at once. The socket
  // signals changes only, and a send may swallow one: nothing may be pending when this returns false.
  virtual bool step() noexcept = 0;
  // When step() must be called at the latest.
  virtual proto::Instant next_wakeup() const = 0;
  // Whether requests wait for step(). Any thread.
  virtual bool has_requests() const = 0;
  // Whether answers are to come. Any thread.
  virtual bool expects_answers() const = 0;
  // Whether a thread that waits for an answer may stay awake for it: a stream of answers costs less when they gather.
  virtual bool is_urgent() const = 0;

 protected:
  ~DrivenLoop() = default;
};

}  // namespace forkmill::client
