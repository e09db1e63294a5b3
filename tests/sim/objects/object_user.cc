#include "tests/sim/objects/object_user.h"

#include <forkmill/serialize.h>

#include <algorithm>

#include "client/session/operations.h"

namespace forkmill::sim {

using proto::Operation;
using proto::Payload;
using proto::Verb;

namespace {

Payload number_payload(std::int64_t number) { return Payload::own(pack_value(number)); }

const char* const kKey = "key";

// A client says of which units it speaks.
void name_units(Operation& release, const std::vector<std::int64_t>& tokens) {
  release.a = -1;
  release.b = std::max<std::int64_t>(1, std::ssize(tokens));
  release.values = {Payload::own(pack_value(tokens))};
}

}  // namespace

ObjectUser::ObjectUser(World& world, ObjectHistory& history, std::string name, Hands hands)
    : world_{world}, history_{history}, name_{std::move(name)}, hands_{std::move(hands)} {}

void ObjectUser::start() {
  life_ = history_.client_started();
  known_.assign(world_.options.objects.shared.size(), {});
}

void ObjectUser::crash() {
  for (const Cookie cookie : std::exchange(outstanding_, {})) history_.unknown(cookie);
  holding_ = 0;
  life_ = 0;
}

void ObjectUser::act() {
  if (life_ == 0 || known_.empty()) return;
  const std::size_t shared = world_.random.below(known_.size());
  if (known_[shared].number == 0)
    open(shared);
  else
    use(shared);
}

void ObjectUser::finish() {
  finishing_ = true;
  for (std::size_t i = 0; i < known_.size(); ++i) open(i);
}

// ---- What he does ---------------------------------------------------------------------------------------------------

void ObjectUser::open(std::size_t shared) {
  Operation op = make(shared, Verb::open);
  op.object = 0;
  op.spec = shared_at(shared).spec;
  if (shared_at(shared).role == Role::condition) {
    op.spec->other = known_[shared_at(shared).partner].number;
    if (op.spec->other == 0) return finishing_ ? void() : open(shared_at(shared).partner);
  }
  if (shared_at(shared).role == Role::pipe) {
    if (finishing_) return;
    op.a = static_cast<std::int64_t>(world_.random.between(1, 3));
  }
  if (finishing_) op.spec->flags |= proto::kObjectMustExist;
  ask(shared, std::move(op), false);
}

void ObjectUser::use(std::size_t shared) {
  switch (shared_at(shared).role) {
    case Role::lock:
      return ask(shared, make(shared, Verb::acquire));
    case Role::semaphore:
      return use_semaphore(shared);
    case Role::queue:
      return use_queue(shared);
    case Role::counter: {
      Operation op = make(shared, Verb::add);
      op.values = {Payload::own(kKey), number_payload(1), number_payload(0)};
      return ask(shared, std::move(op));
    }
    case Role::cell:
      return use_cell(shared);
    case Role::event:
      return use_event(shared);
    case Role::barrier: {
      const bool mend = std::exchange(known_[shared].broken, false) || world_.random.chance(0.03);
      Operation op = make(shared, mend ? Verb::reset : Verb::wait);
      op.b = !mend && world_.random.chance(0.4) ? 1 : 0;
      return ask(shared, std::move(op), !mend);
    }
    case Role::table:
      return use_table(shared);
    case Role::list:
      return use_list(shared);
    case Role::joinable:
      return use_joinable(shared);
    case Role::monitor:
      return ask(shared, make(shared, Verb::acquire));
    case Role::condition:
      return use_condition(shared);
    case Role::pipe:
      return use_pipe(shared);
  }
}

void ObjectUser::use_semaphore(std::size_t shared) {
  const bool bounded = (shared_at(shared).spec.flags & proto::kObjectBounded) != 0;
  constexpr double kSurplus = 0.05;
  if (bounded || !world_.random.chance(kSurplus)) return ask(shared, make(shared, Verb::acquire));
  Operation op = make(shared, Verb::release);
  if (world_.random.chance(0.5)) name_units(op, {});
  ask(shared, std::move(op));
}

void ObjectUser::use_queue(std::size_t shared) {
  const bool put = world_.random.chance(0.55);
  Operation op = make(shared, put ? Verb::put : Verb::get);
  if (put) {
    for (auto count = world_.random.chance(0.5) ? 1 : world_.random.between(1, 4); count > 0; --count)
      op.values.push_back(unique_value());
  } else {
    op.a = static_cast<std::int64_t>(world_.random.between(1, 3));
    op.b = shared_at(shared).approval ? 1 : 0;
  }
  ask(shared, std::move(op));
}

void ObjectUser::use_cell(std::size_t shared) {
  Operation op = make(shared, Verb::exchange);
  op.values = {Payload::own(kKey), known_[shared].cell, unique_value()};
  ask(shared, std::move(op));
}

void ObjectUser::use_event(std::size_t shared) {
  constexpr Verb kVerbs[] = {Verb::set, Verb::clear, Verb::wait, Verb::wait};
  ask(shared, make(shared, kVerbs[world_.random.below(4)]));
}

Operation ObjectUser::make(std::size_t shared, Verb verb) const {
  Operation op;
  op.verb = verb;
  op.object = known_[shared].number;
  op.who = world_.random.between(1, 2);
  op.wait = milliseconds{0};
  return op;
}

milliseconds ObjectUser::draw_wait() {
  if (finishing_ || world_.random.chance(0.2)) return milliseconds{0};
  return std::chrono::duration_cast<milliseconds>(
      world_.random.between(Instant{0}, world_.options.objects.longest_wait));
}

// No two are alike; the larger ones travel as frames of their own.
Payload ObjectUser::unique_value() {
  std::string value = std::to_string(life_) + "." + std::to_string(++values_) + " ";
  if (world_.random.chance(world_.options.large)) value.append(world_.random.between(16'000, 20'000), 'v');
  return Payload::own(std::move(value));
}

void ObjectUser::ask(std::size_t shared, Operation op, bool may_give_up) {
  constexpr Verb kWaiting[] = {Verb::acquire, Verb::put,     Verb::get,  Verb::wait, Verb::join,
                               Verb::send,    Verb::receive, Verb::poll, Verb::watch};
  const bool waits = std::find(std::begin(kWaiting), std::end(kWaiting), op.verb) != std::end(kWaiting);
  if (waits) op.wait = draw_wait();
  const Cookie cookie = history_.invoke(life_, shared, op);
  outstanding_.push_back(cookie);
  world_.trace.note(world_.now(), name_,
                    "asks " + sim::describe(shared_at(shared), history_.all()[cookie - 1]) + " within " +
                        std::to_string(op.wait.count()) + " ms");
  const bool harmless = client::harmless_twice(op.verb, shared_at(shared).spec.kind);
  hands_.operate(std::move(op), harmless, cookie);
  if (!may_give_up || finishing_ || !world_.random.chance(world_.options.objects.giving_up)) return;
  later([this, cookie] {
    if (std::find(outstanding_.begin(), outstanding_.end(), cookie) == outstanding_.end()) return;
    world_.trace.note(world_.now(), name_, "gives up #" + std::to_string(cookie));
    history_.given_up(cookie);
    hands_.give_up(cookie);
  });
}

// After as long as things are held; not if this client is gone by then.
void ObjectUser::later(std::function<void()> what) {
  world_.after(world_.random.between(Instant{0}, world_.options.objects.longest_hold),
               [this, life = life_, what = std::move(what)] {
                 if (life == life_) what();
               });
}

// ---- What he is answered --------------------------------------------------------------------------------------------

void ObjectUser::answered(Cookie cookie, const proto::OperationAnswer& answer) {
  std::erase(outstanding_, cookie);
  history_.answered(cookie, answer);
  const Asked asked = history_.all()[cookie - 1];
  Known& known = known_[asked.shared];
  world_.trace.note(world_.now(), name_,
                    "has " + sim::describe(shared_at(asked.shared), asked) + ": " +
                        std::string{errc_name(answer.code)} + " " + std::to_string(answer.a) + " " +
                        std::to_string(answer.b) + " " + std::to_string(answer.values.size()) + " values");
  if (answer.code == Errc::object_unknown && known.number == asked.op.object) known = {};
  if (answer.code == Errc::barrier_broken) known.broken = true;
  if (asked.is(Verb::exchange) && answer.code == Errc::value_differs)
    known.cell = answer.values.empty() ? Payload{} : answer.values[0];
  if (asked.answer.code == Errc::end_of_stream && known.ends == 0) known = {};
  const Role role = shared_at(asked.shared).role;
  if (asked.is(Verb::wait) && role == Role::condition) return woken(asked);
  if (!asked.ok()) return;
  learn(asked);
  if (asked.is(Verb::open)) return opened(asked);
  if (asked.is(Verb::acquire)) return role == Role::monitor ? hold_monitor(asked) : acquired(asked);
  if (asked.is(Verb::get)) return got(asked);
  if (asked.is(Verb::wait) && role == Role::barrier && answer.b != 0) return run_action(asked);
  if (asked.is(Verb::exchange)) known.cell = asked.op.values.back();
}

void ObjectUser::opened(const Asked& asked) {
  known_[asked.shared].number = static_cast<std::uint64_t>(asked.answer.a);
  if (finishing_)
    read_rest(asked.shared);
  else if (!world_.calm)
    use(asked.shared);
}

void ObjectUser::acquired(const Asked& asked) {
  const bool recursive = (shared_at(asked.shared).spec.flags & proto::kObjectRecursive) != 0;
  const bool is_lock = shared_at(asked.shared).role == Role::lock;
  if (is_lock && recursive && !world_.calm && world_.random.chance(0.4)) {
    Operation again = asked.op;
    ask(asked.shared, std::move(again));
  }
  ++holding_;
  later([this, asked] {
    --holding_;
    Operation op = asked.op;
    op.verb = Verb::release;
    op.wait = milliseconds{0};
    op.a = asked.answer.a;
    if (shared_at(asked.shared).role == Role::semaphore && world_.random.chance(0.5)) {
      const bool bounded = (shared_at(asked.shared).spec.flags & proto::kObjectBounded) != 0;
      name_units(op, {op.a});
      if (!bounded && world_.random.chance(0.1)) op.b += 2;
    }
    ask(asked.shared, std::move(op), false);
  });
}

// Of a barrier, at which he was the last to arrive.
void ObjectUser::run_action(const Asked& asked) {
  ++holding_;
  later([this, asked] {
    --holding_;
    Operation op = make(asked.shared, Verb::acted);
    op.object = asked.op.object;
    op.a = world_.random.chance(0.85) ? 1 : 0;
    op.b = asked.answer.b;
    ask(asked.shared, std::move(op), false);
  });
}

void ObjectUser::got(const Asked& asked) {
  if (finishing_) return read_rest(asked.shared);
  if (shared_at(asked.shared).role == Role::joinable) return finish_with(asked);
  if (asked.op.b == 0) return;
  ++holding_;
  later([this, asked] {
    --holding_;
    Operation op = asked.op;
    op.verb = Verb::settle;
    op.wait = milliseconds{0};
    op.a = asked.answer.a;
    op.b = world_.random.chance(0.75) ? 1 : 0;
    ask(asked.shared, std::move(op), false);
  });
}

void ObjectUser::read_rest(std::size_t shared) {
  const Role role = shared_at(shared).role;
  if (role == Role::queue) {
    Operation op = make(shared, Verb::get);
    op.a = 100;
    return ask(shared, std::move(op));
  }
  if (role == Role::table || role == Role::list) {
    Operation op = make(shared, Verb::items);
    op.a = role == Role::table ? 3 : 0;
    return ask(shared, std::move(op));
  }
  if (role == Role::joinable) return ask(shared, make(shared, Verb::look));
  if (role != Role::counter && role != Role::cell) return;
  Operation op = make(shared, Verb::fetch);
  op.values = {Payload::own(kKey)};
  ask(shared, std::move(op));
}

void ObjectUser::holdings_lost() {
  if (life_ == 0) return;
  world_.trace.note(world_.now(), name_, "has lost what it held");
  history_.holdings_lost(life_);
}

}  // namespace forkmill::sim
