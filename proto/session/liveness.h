// Liveness: when a peer has to send a heartbeat, and when it has to consider the broker gone.
#pragma once

#include <algorithm>

#include "proto/clock.h"
#include "proto/limits.h"

namespace forkmill::proto {

class Liveness {
 public:
  // Begins a session. A heartbeat of 0 or less means none, and so does a session_timeout of 0 or less; a
  // session_timeout shorter than two heartbeats is taken for two.
  void begin(Instant now, milliseconds heartbeat, milliseconds session_timeout);

  void heard(Instant now) { heard_at_ = now; }
  void spoke(Instant now) { spoke_at_ = now; }
  void beat(Instant now) { beat_at_ = now; }

  // Nothing was heard for the whole silence limit.
  bool is_silent(Instant now) const { return now >= silent_at(); }
  bool beat_is_due(Instant now) const { return now >= beat_due_at(); }
  Instant next_wakeup() const { return std::min(silent_at(), beat_due_at()); }
  // 0: none.
  Instant silence_limit() const { return silence_limit_; }

 private:
  Instant silent_at() const { return silence_limit_.count() == 0 ? kNever : heard_at_ + silence_limit_; }
  // A heartbeat is due when nothing was said for a while, and also when nothing was heard: the broker does not answer
  // everything, and a broker that has nothing to say must not be considered gone.
  Instant beat_due_at() const {
    return heartbeat_.count() == 0 ? kNever : std::max(std::min(spoke_at_, heard_at_), beat_at_) + heartbeat_;
  }

  Instant heartbeat_{0};
  Instant silence_limit_{0};
  Instant heard_at_{0};
  Instant spoke_at_{0};
  Instant beat_at_{0};
};

inline void Liveness::begin(Instant now, milliseconds heartbeat, milliseconds session_timeout) {
  heartbeat_ = std::clamp(heartbeat, milliseconds{0}, limits::kMaxDuration);
  const Instant limit = std::clamp(session_timeout, milliseconds{0}, limits::kMaxDuration);
  silence_limit_ = limit.count() == 0 ? limit : std::max(limit, 2 * heartbeat_);
  heard_at_ = spoke_at_ = beat_at_ = now;
}

}  // namespace forkmill::proto
