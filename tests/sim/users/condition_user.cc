#include "tests/sim/users/condition_user.h"

#include <forkmill/object_errors.h>

#include <iterator>
#include <utility>

namespace forkmill::sim {

using proto::Operation;
using proto::Verb;

void ConditionUser::use(std::size_t condition) {
  const std::size_t lock = caller_.objects().shared(condition).partner;
  caller_.call(lock, caller_.make(lock, Verb::acquire));
}

// None: this client has no condition of this lock open.
std::optional<std::size_t> ConditionUser::condition_of(std::size_t lock) const {
  for (std::size_t i = 0; i < caller_.objects().count(); ++i) {
    const Shared& shared = caller_.objects().shared(i);
    if (shared.role == Role::condition && shared.partner == lock && caller_.objects()[i].number != 0) return i;
  }
  return std::nullopt;
}

ConditionUser::Accounts::Handles& ConditionUser::Accounts::of(std::uint64_t lock) {
  const auto [place, made] = handles.try_emplace(lock);
  if (made) place->second = {all.add_handle(lock), all.add_handle(lock)};
  return place->second;
}

void ConditionUser::acquired(const ObjectCall& acquire) {
  World& world = caller_.world();
  auto& handles = accounts_->of(acquire.op.object);
  handles.own->acquired(acquire.answer.a, acquire.op.who);
  const auto condition = condition_of(acquire.shared);
  const bool waits = condition && !world.calm && world.random.chance(0.4);
  if (condition && (waits || world.random.chance(0.7))) {
    Operation op = caller_.make(*condition, waits ? Verb::wait : Verb::notify);
    op.who = acquire.op.who;
    if (waits) op.b = std::ssize(waits_);  // the broker ignores this number
    if (!waits) op.a = static_cast<std::int64_t>(world.random.between(1, 3));
    if (waits) waits_.push_back({acquire, handles.of_condition->release_all(acquire.op.who)});
    caller_.call(*condition, std::move(op));
    if (waits) return;  // the wait gives the lock up and has it again at its end
  }
  release_later(acquire);
}

// After a wait that failed the holder still has the lock under its first token.
void ConditionUser::woken(const ObjectCall& wait) {
  const Errc code = wait.answer.code;
  if (code != Errc::ok && code != Errc::timeout && code != Errc::object_unknown) return;
  const auto& [acquire, held] = waits_.at(static_cast<std::size_t>(wait.op.b));
  auto& holding = *accounts_->of(acquire.op.object).of_condition;
  if (code == Errc::ok)
    holding.resume(held, wait.answer.b, acquire.op.who);
  else
    holding.restore(held);
  release_later(acquire);
}

void ConditionUser::release_later(const ObjectCall& acquire) {
  caller_.hold([this, acquire] {
    Operation op = acquire.op;
    op.verb = Verb::release;
    op.wait = milliseconds{0};
    try {
      op.a = accounts_->of(op.object).own->release_one("monitor").token;
    } catch (const LeaseLost&) {
      return;  // the broker has taken the lock from this client
    }
    if (op.a != 0) caller_.call(acquire.shared, std::move(op), false);
  });
}

}  // namespace forkmill::sim
