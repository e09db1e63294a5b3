#include "broker/core/objects/kinds/barrier.h"

#include "proto/wire/operands.h"

namespace forkmill::broker {

using proto::Verb;

std::optional<Answer> Barrier::attempt(Call& call) {
  switch (call.op.verb) {
    case Verb::wait:
      return wait(call);
    case Verb::acted:
      return acted(call);
    case Verb::abort:
      break_all();
      return done();
    case Verb::reset:
      if (arrived_ > 0) end_round(false);
      broken_ = false;
      dirty = true;
      return done();
    case Verb::look:
      return done(acting_ ? 0 : arrived_, spec().size * 2 + (broken_ ? 1 : 0));
    default:
      return wrong_verb();
  }
}

std::optional<Answer> Barrier::wait(Call& call) {
  if (call.step == kPassed) return done(call.count);
  if (call.step == kBroken) return failed(Errc::barrier_broken);
  if (call.step != 0) return std::nullopt;  // waits in its round
  if (broken_) return failed(Errc::barrier_broken);
  if (acting_) return std::nullopt;  // waits for the next round
  ++arrived_;
  if (arrived_ < spec().size) {
    call.step = round_;
    call.count = arrived_;
    return std::nullopt;
  }
  if (!has_action(call.op)) {
    end_round(true);
    return done(0);
  }
  acting_ = true;
  actor_ = call.client;
  host.note_holding(call.client, id());
  return done(0, round_);
}

Answer Barrier::acted(const Call& call) {
  // The same client may run the action of a later round by now.
  if (!acting_ || actor_ != call.client || round_acted_in(call.op) != round_) return failed(Errc::barrier_broken);
  if (!action_succeeded(call.op)) {
    break_all();
    return done();
  }
  end_round(true);
  return done();
}

void Barrier::end_round(bool passed) {
  for (Call* waiting : lines[0])
    if (waiting->step == round_) waiting->step = passed ? kPassed : kBroken;
  ++round_;
  arrived_ = 0;
  acting_ = false;
}

void Barrier::break_all() {
  end_round(false);
  broken_ = true;
  dirty = true;
}

std::optional<Answer> Barrier::expire(Call& call) {
  if (call.step == 0) return failed(Errc::timeout);  // the call has not been let in yet
  if (call.step == kPassed) return done(call.count);
  if (call.step == round_) {
    break_all();
    host.note_changed(*this);
  }
  return failed(Errc::barrier_broken);
}

void Barrier::waiter_gone(const Call& call) {
  if (call.step == round_) break_all();
}

std::vector<Object::Hold> Barrier::holders() const {
  if (!acting_) return {};
  return {{actor_, 0, 1, round_}};
}

void Barrier::client_gone(ClientHandle client) {
  if (acting_ && actor_ == client) break_all();
}

}  // namespace forkmill::broker
