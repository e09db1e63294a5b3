// AlertWaiter: how a thread that waits for an answer waits for the socket. A near broker answers within a fraction of a
// millisecond, and waking a processor that has gone to sleep meanwhile takes a good part of that. While waits have been
// short, the thread stays awake for the next one, and yields to any thread that wants to run.
#pragma once

#include "proto/os/waiter.h"

namespace forkmill::client {

class AlertWaiter {
 public:
  // stay_awake: waits that are usually shorter than this are spent awake; 0: none.
  explicit AlertWaiter(proto::Instant stay_awake) : stay_awake_{stay_awake} {}

  void add(int fd) { waiter_.add(fd, 0); }
  // Until a descriptor is readable, or for at most `timeout`; negative: without a limit. alert: the wait may be spent
  // awake.
  void wait(proto::Instant timeout, bool alert);

 private:
  bool wait_awake(proto::Instant start, proto::Instant timeout);
  void note(proto::Instant how_long);

  proto::Waiter waiter_;
  const proto::Instant stay_awake_;
  proto::Instant usual_wait_{0};  // average of the last few
};

}  // namespace forkmill::client
