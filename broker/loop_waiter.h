// LoopWaiter: the waits of the broker's loop: for its sockets, for news of the store, for signals and for the wall
// clock to be set. One thread owns it.
#pragma once

#include "proto/clock.h"
#include "proto/os/descriptor.h"
#include "proto/os/waiter.h"

namespace forkmill::broker {

class LoopWaiter {
 public:
  // SIGTERM and SIGINT must be blocked in every thread.
  LoopWaiter();

  // wait() returns when `fd` is readable.
  void watch(int fd);
  // Waits for `most` at most. Returns false if SIGTERM or SIGINT has come.
  bool wait(proto::Instant most);

 private:
  bool stop_requested();

  proto::Waiter waiter_;
  proto::Descriptor signals_;
  proto::Descriptor clock_;
};

}  // namespace forkmill::broker
