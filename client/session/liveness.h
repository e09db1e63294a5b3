// Liveness: when a heartbeat is due in a session, and when the broker counts as silent.
#pragma once

#include <algorithm>

#include "client/session/options.h"
#include "proto/limits.h"

namespace forkmill::client {

class Liveness {
 public:
  // Starts a session with the broker's intervals; those out of range are clamped.
  void begin(Instant now, milliseconds heartbeat, milliseconds session_timeout) {
    constexpr milliseconds kLongest = proto::limits::kMaxDuration;
    heard_at_ = spoke_at_ = beat_at_ = now;
    heartbeat_ = std::clamp(heartbeat, milliseconds{1}, kLongest);
    timeout_ = std::clamp(session_timeout, 2 * heartbeat_, 2 * kLongest);
  }
  void heard(Instant now) { heard_at_ = now; }
  void spoke(Instant now) { spoke_at_ = now; }
  void beaten(Instant now) { beat_at_ = now; }

  // One interval after the last message in either direction, whichever direction has been quiet for longer: the broker
  // does not answer every message at once, and one that has nothing to say must not be taken for dead.
  Instant beat_due() const { return std::max(std::min(spoke_at_, heard_at_), beat_at_) + heartbeat_; }
  Instant silent_at() const { return heard_at_ + timeout_; }

 private:
  Instant heard_at_{0};
  Instant spoke_at_{0};
  Instant beat_at_{0};
  milliseconds heartbeat_{0};
  milliseconds timeout_{0};
};

}  // namespace forkmill::client
