// SessionTimeouts: finds the clients and workers that have not been heard for longer than the session timeout. When the
// broker itself has slept, because it was stopped or starved, all begin to count again: their messages may still be
// waiting.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "broker/core/state/sleep_watch.h"

namespace forkmill::broker {

class SessionTimeouts {
 public:
  explicit SessionTimeouts(BrokerState& state) : state_{state} {}

  // Call when a peer has just been heard for the first time in its session.
  void note_session() { next_check_ = std::min(next_check_, state_.clock.now() + state_.options.session_timeout); }

  struct Silent {
    std::vector<Client*> clients;
    std::vector<Worker*> workers;
  };
  // Returns nullopt before the next check is due.
  std::optional<Silent> tick();
  Instant next_wakeup() const { return next_check_; }

 private:
  bool has_fallen_silent(const Session& session);

  BrokerState& state_;
  Instant next_check_{0};
  SleepWatch sleep_{};
};

}  // namespace forkmill::broker
