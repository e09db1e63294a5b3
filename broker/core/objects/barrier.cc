#include "broker/core/objects/barrier.h"

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
  if (call.step != 0) {  // it has waited
    if (call.step == round_) return std::nullopt;
    return call.step == last_passed_ ? done(call.count) : failed(Errc::barrier_broken);
  }
  if (broken_) return failed(Errc::barrier_broken);
  if (acting_) return std::nullopt;  // for the next round
  ++arrived_;
  if (arrived_ < spec().size) {
    call.step = round_;
    call.count = arrived_;
    return std::nullopt;
  }
  if (call.op.b == 0) {
    end_round(true);
    return done(0);
  }
  acting_ = true;
  actor_ = call.client;
  desk.holds(call.client, id());
  return done(0, 1);
}

Answer Barrier::acted(const Call& call) {
  if (!acting_ || actor_ != call.client) return failed(Errc::barrier_broken);
  if (call.op.a == 0) {
    break_all();
    return done();
  }
  end_round(true);
  return done();
}

void Barrier::end_round(bool passed) {
  if (passed) last_passed_ = round_;
  ++round_;
  arrived_ = 0;
  acting_ = false;
}

void Barrier::break_all() {
  end_round(false);
  broken_ = true;
  dirty = true;
}

std::optional<Answer> Barrier::give_up(Call& call) {
  if (call.step == 0) return failed(Errc::timeout);  // it had not been let in yet
  break_all();
  desk.changed(*this);
  return failed(Errc::barrier_broken);
}

void Barrier::deserted(const Call& call) {
  if (call.step == round_) break_all();
}

void Barrier::leave(ClientHandle client) {
  if (acting_ && actor_ == client) break_all();
}

}  // namespace forkmill::broker
