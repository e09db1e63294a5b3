// What a user does with tables, lists, joinable queues, conditions and pipes.
#include <forkmill/serialize.h>

#include <algorithm>

#include "tests/sim/objects/object_user.h"

namespace forkmill::sim {

using proto::Operation;
using proto::Payload;
using proto::Verb;

namespace {

constexpr std::size_t kKeys = 5;

Payload key_payload(std::size_t number) { return Payload::own("key-" + std::to_string(number)); }

}  // namespace

void ObjectUser::use_table(std::size_t shared) {
  constexpr Verb kVerbs[] = {Verb::store,    Verb::store, Verb::erase, Verb::insert, Verb::append,
                             Verb::exchange, Verb::pop,   Verb::pop,   Verb::fetch,  Verb::fetch,
                             Verb::items,    Verb::look,  Verb::watch, Verb::has,    Verb::clear};
  Random& random = world_.random;
  const bool rarely = random.chance(0.1);
  Operation op = make(shared, kVerbs[random.below(std::size(kVerbs) - (rarely ? 0 : 1))]);
  const std::size_t key = random.below(kKeys);
  switch (op.verb) {
    case Verb::store:
      for (std::size_t i = 0; i < random.between(1, 3); ++i)
        op.values.insert(op.values.end(), {key_payload((key + i) % kKeys), unique_value()});
      break;
    case Verb::insert:
      op.values = {key_payload(key), unique_value()};
      break;
    case Verb::append:
      op.values = {Payload::own("array"), Payload::own(pack_value(static_cast<std::int64_t>(++values_)))};
      break;
    case Verb::exchange:
      op.values = {key_payload(key), random.chance(0.5) ? known_[shared].cell : Payload{},
                   random.chance(0.8) ? unique_value() : Payload{}};
      break;
    case Verb::pop:
      if (random.chance(0.5)) op.values = {key_payload(key)};
      break;
    case Verb::erase:
    case Verb::fetch:
    case Verb::has:
      op.values = {key_payload(key)};
      break;
    case Verb::items:
      op.a = static_cast<std::int64_t>(3);
      break;
    case Verb::watch:
      op.a = known_[shared].version;
      break;
    default:
      break;
  }
  ask(shared, std::move(op));
}

void ObjectUser::use_list(std::size_t shared) {
  constexpr Verb kVerbs[] = {Verb::append, Verb::append, Verb::append, Verb::insert, Verb::store,
                             Verb::erase,  Verb::pop,    Verb::fetch,  Verb::fetch,  Verb::exchange,
                             Verb::items,  Verb::look,   Verb::watch,  Verb::clear};
  Random& random = world_.random;
  const bool rarely = random.chance(0.1);
  Operation op = make(shared, kVerbs[random.below(std::size(kVerbs) - (rarely ? 0 : 1))]);
  op.a = static_cast<std::int64_t>(random.below(6)) - 2;
  switch (op.verb) {
    case Verb::append:
      for (auto count = random.between(1, 3); count > 0; --count) op.values.push_back(unique_value());
      break;
    case Verb::insert:
    case Verb::store:
      op.values = {unique_value()};
      break;
    case Verb::exchange:
      op.values = {known_[shared].cell, unique_value()};
      break;
    case Verb::watch:
      op.a = known_[shared].version;
      break;
    default:
      break;
  }
  ask(shared, std::move(op));
}

void ObjectUser::use_joinable(std::size_t shared) {
  if (!world_.random.chance(0.15)) return use_queue(shared);
  ask(shared, make(shared, world_.random.chance(0.5) ? Verb::join : Verb::look));
}

// He says that he is done with what he got.
void ObjectUser::finish_with(const Asked& asked) {
  if (asked.answer.values.empty()) return;
  ++holding_;
  later([this, asked] {
    --holding_;
    Operation op = asked.op;
    op.verb = Verb::done;
    op.wait = milliseconds{0};
    op.a = std::ssize(asked.answer.values);
    op.b = 0;
    ask(asked.shared, std::move(op), false);
  });
}

// With its lock held he waits for the condition, or notifies; then he gives the lock back.
void ObjectUser::use_condition(std::size_t shared) {
  const std::size_t lock = shared_at(shared).partner;
  if (known_[lock].number == 0) return open(lock);
  ask(lock, make(lock, Verb::acquire));
}

// The condition that goes with this lock; empty: it has none that this client knows.
std::optional<std::size_t> ObjectUser::condition_of(std::size_t lock) const {
  for (std::size_t i = 0; i < known_.size(); ++i)
    if (shared_at(i).role == Role::condition && shared_at(i).partner == lock && known_[i].number != 0) return i;
  return std::nullopt;
}

void ObjectUser::hold_monitor(const Asked& asked) {
  const auto condition = condition_of(asked.shared);
  const bool waits = condition && !world_.calm && world_.random.chance(0.4);
  if (condition && (waits || world_.random.chance(0.7))) {
    Operation op = make(*condition, waits ? Verb::wait : Verb::notify);
    op.who = asked.op.who;
    if (waits) op.b = std::ssize(monitors_);  // means nothing to the broker
    if (!waits) op.a = static_cast<std::int64_t>(world_.random.between(1, 3));
    if (waits) monitors_.push_back(asked);
    ask(*condition, std::move(op));
    if (waits) return;  // it gives the lock up, and has it again when it is over
  }
  release_later(asked, asked.answer.a);
}

// Of one that was not done, he still has the lock that he had.
void ObjectUser::woken(const Asked& asked) {
  const Errc code = asked.answer.code;
  if (code != Errc::ok && code != Errc::timeout && code != Errc::object_unknown) return;
  const Asked& acquired = monitors_.at(static_cast<std::size_t>(asked.op.b));
  release_later(acquired, code == Errc::ok ? asked.answer.b : acquired.answer.a);
}

void ObjectUser::release_later(const Asked& acquired, std::int64_t token) {
  ++holding_;
  later([this, acquired, token] {
    --holding_;
    Operation op = acquired.op;
    op.verb = Verb::release;
    op.wait = milliseconds{0};
    op.a = token;
    ask(acquired.shared, std::move(op), false);
  });
}

void ObjectUser::use_pipe(std::size_t shared) {
  Random& random = world_.random;
  const std::int64_t ends = known_[shared].ends;
  if (ends == 0) return open(shared);
  std::int64_t end = ends == 3 ? static_cast<std::int64_t>(random.below(2)) : ends - 1;
  const bool one_way = (shared_at(shared).spec.flags & proto::kObjectOneWay) != 0;
  const double roll = random.unit();
  Operation op = make(shared, roll < 0.45 ? Verb::send : roll < 0.9 ? Verb::receive : Verb::poll);
  if (roll > 0.97) op.verb = Verb::close;
  if (one_way && op.verb != Verb::close) op.verb = end == 1 ? Verb::send : Verb::receive;
  op.a = end;
  if (op.verb == Verb::send)
    for (auto count = random.between(1, 3); count > 0; --count) op.values.push_back(unique_value());
  if (op.verb == Verb::receive) op.b = static_cast<std::int64_t>(random.between(1, 3));
  if (op.verb == Verb::close) known_[shared].ends &= ~(std::int64_t{1} << end);
  ask(shared, std::move(op));
}

// What he learns of tables and pipes.
void ObjectUser::learn(const Asked& asked) {
  Known& known = known_[asked.shared];
  const Role role = shared_at(asked.shared).role;
  if (asked.is(Verb::open)) known.ends = role == Role::pipe ? asked.op.a : 0;
  if (role != Role::table && role != Role::list) return;
  if (asked.answer.b != 0) known.version = asked.answer.b;
  if (asked.is(Verb::fetch) && !asked.answer.values.empty()) known.cell = asked.answer.values[0];
}

}  // namespace forkmill::sim
