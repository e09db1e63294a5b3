#include "broker/core/objects/kinds/barrier.h"

#include <algorithm>
#include <utility>

#include "proto/mutants.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using proto::Verb;

namespace {

// Steps of a call whose round has ended.
constexpr std::int64_t kPassed = -1;
constexpr std::int64_t kBroken = -2;
// Step of a call whose party is to run the action of the present round.
constexpr std::int64_t kActs = -3;

bool acts(const proto::ObjectSpec& spec) { return (spec.flags & proto::kObjectActs) != 0; }

// Returns the first call of this round whose party has an action. Null: there is none.
Call* first_with_action(const Line& line, std::int64_t round) {
  const auto found = std::find_if(line.begin(), line.end(),
                                  [&](const Call* one) { return one->step == round && has_action(one->op); });
  return found == line.end() ? nullptr : *found;
}

}  // namespace

Barrier::Barrier(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host)
    : Object{id, std::move(spec), object_host}, needs_action_{acts(this->spec())} {}

std::size_t Barrier::line(const Call& call) const { return call.step == 0 ? 1 : call.step == kActs ? 2 : 0; }

void Barrier::opened(Call& call) { needs_action_ = needs_action_ || acts(*call.op.spec); }

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
      return done(actor_ ? 0 : arrived_, spec().size * 2 + (broken_ ? 1 : 0));
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
  if (actor_) return std::nullopt;  // waits for the next round
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
  if (Call* actor = first_with_action(lines[0], round_);
      actor != nullptr && !proto::mutant(proto::Mutant::barrier_action_skipped)) {
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

void Barrier::begin_action(ClientHandle actor) {
  actor_ = actor;
  host.note_holding(actor, id());
}

Answer Barrier::acted(const Call& call) {
  // The same client may run the action of a later round by now.
  if (actor_ != call.client || round_acted_in(call.op) != round_) return broken();
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
  actor_.reset();
}

void Barrier::break_all(std::string why) {
  end_round(false);
  why_broken_ = std::move(why);
  broken_ = true;
  dirty = true;
}

std::optional<Answer> Barrier::expire(Call& call) {
  if (call.step == 0) return failed(Errc::timeout, "the action of the previous round was still running");
  if (call.step == kPassed) return done(call.count);
  // The time limit is one of the arrival: when all have arrived, the call waits on for the end of the action. A call
  // without a time limit expires only when its client withdraws it.
  if (call.step == round_ && actor_ && call.op.wait.count() >= 0) {
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
  if (!actor_) return {};
  return {{*actor_, 0, 1, round_}};
}

void Barrier::client_gone(ClientHandle client) {
  if (actor_ == client) break_all();
}

}  // namespace forkmill::broker
