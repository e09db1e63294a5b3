// LoopWaiter: the waits of the broker's loop: for its sockets, for news of the store, for signals and for the wall
// clock to be set. One thread owns it.
#pragma once

#include <sys/types.h>

#include <functional>

#include "proto/clock.h"
#include "proto/os/descriptor.h"
#include "proto/os/waiter.h"

namespace forkmill::broker {

class LoopWaiter {
 public:
  // Called for SIGHUP, with the user who has sent it; returns false if the broker is to end.
  using OnHangup = std::function<bool(uid_t sender)>;
  // SIGTERM, SIGINT and SIGHUP must be blocked in every thread.
  explicit LoopWaiter(OnHangup on_hangup);

  // wait() returns when `fd` is readable.
  void watch(int fd);
  // Waits for `most` at most. Returns false if SIGTERM or SIGINT has come, or SIGHUP ends the broker.
  bool wait(proto::Instant most);

 private:
  bool take_signals();

  const OnHangup on_hangup_;
  proto::Waiter waiter_;
  proto::Descriptor signals_;
  proto::Descriptor clock_;
};

}  // namespace forkmill::broker
