#include "tests/sim/users/condition_user.h"

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

void ConditionUser::acquired(const ObjectCall& acquire) {
  World& world = caller_.world();
  const auto condition = condition_of(acquire.shared);
  const bool waits = condition && !world.calm && world.random.chance(0.4);
  if (condition && (waits || world.random.chance(0.7))) {
    Operation op = caller_.make(*condition, waits ? Verb::wait : Verb::notify);
    op.who = acquire.op.who;
    if (waits) op.b = std::ssize(waited_with_);  // the broker ignores this number
    if (!waits) op.a = static_cast<std::int64_t>(world.random.between(1, 3));
    if (waits) waited_with_.push_back(acquire);
    caller_.call(*condition, std::move(op));
    if (waits) return;  // the wait gives the lock up and has it again at its end
  }
  release_later(acquire, acquire.answer.a);
}

// After a wait that failed the holder still has the lock under its first token.
void ConditionUser::woken(const ObjectCall& wait) {
  const Errc code = wait.answer.code;
  if (code != Errc::ok && code != Errc::timeout && code != Errc::object_unknown) return;
  const ObjectCall& acquire = waited_with_.at(static_cast<std::size_t>(wait.op.b));
  release_later(acquire, code == Errc::ok ? wait.answer.b : acquire.answer.a);
}

void ConditionUser::release_later(const ObjectCall& acquire, std::int64_t token) {
  caller_.hold([this, acquire, token] {
    Operation op = acquire.op;
    op.verb = Verb::release;
    op.wait = milliseconds{0};
    op.a = token;
    caller_.call(acquire.shared, std::move(op), false);
  });
}

}  // namespace forkmill::sim
