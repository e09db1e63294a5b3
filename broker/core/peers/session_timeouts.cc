#include "broker/core/peers/session_timeouts.h"

#include "proto/mutants.h"

namespace forkmill::broker {

std::optional<SessionTimeouts::Silent> SessionTimeouts::tick() {
  const Instant now = state_.clock.now();
  const Instant timeout = state_.options.session_timeout;
  const bool slept = sleep_.tick(now, timeout);
  if (!slept && now < next_check_) return std::nullopt;
  // Often enough to notice that the broker slept, and when the next peer may run out of time.
  next_check_ = now + std::min<Instant>(timeout / 2, state_.options.heartbeat);
  Silent silent;
  for (const auto& [handle, one] : state_.clients) {
    if (slept) one->session.heard = state_.clock.silence_clock();
    if (has_fallen_silent(one->session)) silent.clients.push_back(one.get());
  }
  for (const auto& [handle, one] : state_.workers) {
    if (slept) one->session.heard = state_.clock.silence_clock();
    if (has_fallen_silent(one->session)) silent.workers.push_back(one.get());
  }
  return silent;
}

bool SessionTimeouts::has_fallen_silent(const Session& session) {
  const Instant timeout = state_.options.session_timeout;
  if (state_.clock.silence_clock() - session.heard > timeout) return !proto::mutant(proto::Mutant::silence_forgiven);
  next_check_ = std::min(next_check_, session.heard + timeout + Instant{1});
  return false;
}

}  // namespace forkmill::broker
