#include "broker/core/objects/kinds/barrier.h"

#include <algorithm>
#include <utility>

#include "proto/mutants.h"
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
      why_broken_.clear();
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
  if (call.step == kActs) return done(call.count, round_);
  if (call.step == kBroken) return broken();
  if (call.step != 0) return std::nullopt;  // waits in its round
  if (broken_) return broken();
  if (acting_) return std::nullopt;  // waits for the next round
  ++arrived_;
  if (arrived_ == spec().size) return last_arrived(call);
  call.step = round_;
  call.count = arrived_;
  return std::nullopt;
}

std::optional<Answer> Barrier::last_arrived(Call& call) {
  if (has_action(call.op)) {
    begin_action(call.client);
    return done(0, round_);
  }
  if (Call* actor = first_with_action(); actor != nullptr && !proto::mutant(proto::Mutant::barrier_action_skipped)) {
    begin_action(actor->client);
    actor->step = kActs;
    host.move(*actor, *this, line(*actor));
    call.step = round_;
    return std::nullopt;
  }
  if (needs_action_ && !proto::mutant(proto::Mutant::barrier_action_skipped)) {
    break_all("none of the parties that wait has the action of this barrier: open it with the action in one of them");
    return broken();
  }
  end_round(true);
  return done(0);
}

Call* Barrier::first_with_action() const {
  const auto found = std::find_if(lines[0].begin(), lines[0].end(),
                                  [&](const Call* one) { return one->step == round_ && has_action(one->op); });
  return found == lines[0].end() ? nullptr : *found;
}

void Barrier::begin_action(ClientHandle actor) {
  acting_ = true;
  actor_ = actor;
  host.note_holding(actor, id());
}

Answer Barrier::acted(const Call& call) {
  // The same client may run the action of a later round by now.
  if (!acting_ || actor_ != call.client || round_acted_in(call.op) != round_) return broken();
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

void Barrier::break_all(std::string why) {
  end_round(false);
  why_broken_ = std::move(why);
  broken_ = true;
  dirty = true;
}

std::optional<Answer> Barrier::expire(Call& call) {
  if (call.step == 0) return failed(Errc::timeout, "the action of the round before was still running");
  if (call.step == kPassed) return done(call.count);
  // The time limit is one of the arrival: when all have arrived, the call waits on for the end of the action. A call
  // without a time limit expires only when its client withdraws it.
  if (call.step == round_ && acting_ && call.op.wait.count() >= 0) {
    call.op.wait = proto::milliseconds{-1};
    return std::nullopt;
  }
  if (call.step == round_) {
    break_all();
    host.note_changed(*this);
  }
  return broken();
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
