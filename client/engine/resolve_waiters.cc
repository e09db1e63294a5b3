#include "client/engine/resolve_waiters.h"

#include <forkmill/detail/value.h>

#include <utility>

#include "client/engine/object_call.h"
#include "client/futures/outcome.h"
#include "client/session/batches.h"

namespace forkmill::client {

namespace {

using StateRef = detail::Ref<detail::RemoteState>;

detail::RemoteState* state_of(Cookie cookie) { return reinterpret_cast<detail::RemoteState*>(cookie); }

// States of a stream were made thousands of tasks ago: fetching them ahead hides most of what touching them costs.
void prefetch_state(const Effects::Ended& ended) {
  constexpr std::size_t kCacheLine = 64;
  const auto* state = reinterpret_cast<const char*>(ended.cookie);
  for (std::size_t at = 0; at < sizeof(detail::RemoteState); at += kCacheLine) __builtin_prefetch(state + at);
}

void succeed(detail::RemoteState& state, const proto::Payload& result) {
  if (auto owner = result.owner())
    state.succeed(std::move(owner), result.view());
  else
    state.succeed(result.view());
}

void resolve(const Effects::Ended& ended) {
  const auto state = StateRef::adopt(state_of(ended.cookie));
  if (ended.outcome.kind == proto::OutcomeKind::succeeded)
    succeed(*state, ended.outcome.value);
  else
    state->fail(exception_of(ended.outcome, state->id(), ended.known_before));
}

void resolve(const Effects::Answered& answered) {
  const auto state = StateRef::adopt(state_of(answered.cookie));
  const auto& reply = answered.reply;
  if (reply.code == Errc::ok)
    succeed(*state, reply.body);
  else
    state->fail(exception_of(reply.code, reply.text));
}

void resolve(Effects::Operated& operated) {
  const auto call = CallRef::adopt(reinterpret_cast<Call*>(operated.cookie));
  call->resolve(std::move(operated.answer));
}

}  // namespace

void resolve_waiters(Effects& effects) {
  for (const auto& cookie : effects.accepted) {
    prefetch_ahead(effects.accepted, cookie, [](Cookie next) { __builtin_prefetch(state_of(next)); });
    state_of(cookie)->mark_accepted();
  }
  for (const auto& note : effects.progress) state_of(note.cookie)->report(note.fraction, note.note);
  for (const auto& one : effects.started) state_of(one.cookie)->started(one.pid, one.host);
  for (const auto& one : effects.ended) {
    prefetch_ahead(effects.ended, one, prefetch_state);
    resolve(one);
  }
  for (const auto& one : effects.answered) resolve(one);
  for (auto& one : effects.operated) resolve(one);
  // A thread that drives while it waits looks for its signal at the end of the round, so all of them are set by then,
  // also if a continuation of another client's future does this round.
  detail::hand_out_pending();
}

}  // namespace forkmill::client
