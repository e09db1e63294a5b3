#include "client/engine/resolve.h"

#include <forkmill/detail/value.h>

#include <utility>

#include "client/engine/object_call.h"
#include "client/futures/outcome.h"

namespace forkmill::client {

namespace {

using StateRef = detail::Ref<detail::RemoteState>;

detail::RemoteState* state_of(Cookie cookie) { return reinterpret_cast<detail::RemoteState*>(cookie); }

void resolve(const Effects::Ended& ended) {
  const auto state = StateRef::adopt(state_of(ended.cookie));
  if (ended.outcome.kind == proto::OutcomeKind::succeeded) {
    const auto value = ended.outcome.value.with_owner();
    state->succeed(value.owner(), value.view());
  } else {
    state->fail(exception_of(ended.outcome, state->id(), ended.known_before));
  }
}

void resolve(const Effects::Answered& answered) {
  const auto state = StateRef::adopt(state_of(answered.cookie));
  const auto& reply = answered.reply;
  if (reply.code == Errc::ok) {
    const auto body = reply.body.with_owner();
    state->succeed(body.owner(), body.view());
  } else {
    state->fail(exception_of(reply.code, reply.text));
  }
}

void resolve(Effects::Operated& operated) {
  const auto call = CallRef::adopt(reinterpret_cast<Call*>(operated.cookie));
  call->resolve(std::move(operated.answer));
}

}  // namespace

void resolve_waiters(Effects& effects) {
  for (auto cookie : effects.accepted) state_of(cookie)->mark_accepted();
  for (const auto& note : effects.progress) state_of(note.cookie)->report(note.fraction, note.note);
  for (const auto& one : effects.started) state_of(one.cookie)->started(one.pid, one.host);
  for (const auto& one : effects.ended) resolve(one);
  for (const auto& one : effects.answered) resolve(one);
  for (auto& one : effects.operated) resolve(one);
  // A thread that drives while it waits looks for its signal at the end of the round, so all of them are set by then,
  // also if a continuation of another client's future does this round.
  detail::State::hand_out_pending();
}

}  // namespace forkmill::client
