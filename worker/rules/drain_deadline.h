// DrainDeadline: how long a worker that leaves may take. Pure.
#pragma once

#include <algorithm>
#include <chrono>

#include "proto/clock.h"

namespace forkmill::worker {

class DrainDeadline {
 public:
  // Running attempts may go on until `deadline`; then they are ended, which takes twice `kill_grace` at most.
  void begin(proto::Instant deadline, proto::Instant kill_grace) {
    deadline_ = deadline;
    leave_at_ = deadline + 2 * kill_grace + kLastAcknowledgements;
  }
  // Everything has been killed.
  void stop() { stopped_ = true; }

  bool stopped() const { return stopped_; }
  // Once, when the deadline has passed: running attempts are to be ended now.
  bool pop_deadline(proto::Instant now) {
    if (now < deadline_) return false;
    deadline_ = proto::kNever;
    return true;
  }
  // Returns whether the worker ends now, even if the broker has not acknowledged everything.
  bool is_over(proto::Instant now) const { return now >= leave_at_; }
  proto::Instant next_wakeup() const { return std::min(deadline_, leave_at_); }

 private:
  static constexpr proto::Instant kLastAcknowledgements = std::chrono::seconds{5};

  bool stopped_ = false;
  proto::Instant deadline_ = proto::kNever;
  proto::Instant leave_at_ = proto::kNever;
};

}  // namespace forkmill::worker
