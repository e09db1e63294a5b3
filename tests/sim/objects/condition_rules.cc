// The rules of conditions, and of the locks that go with them.
#include <algorithm>
#include <utility>

#include "tests/sim/objects/kind_rules.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

// Whether the same holder had a wait under way, when `call` was made, that lost its lock with the client's holdings.
bool lock_lost_in_a_wait(const Selection& calls, const ObjectCall& call) {
  return std::any_of(calls.begin(), calls.end(), [&](const ObjectCall* other) {
    return other->is(Verb::wait) && other->client == call.client && other->op.who == call.op.who &&
           other->losses_before < other->losses_after && other->began < call.began && other->ended > call.began;
  });
}

}  // namespace

void check_condition(const ObjectHistory& history, const Selection& calls) {
  std::int64_t notified = 0, notifications = 0;
  for (const ObjectCall* one : calls) {
    if (one->is(Verb::wait) && one->ok()) notified += one->answer.a;
    if (one->is(Verb::notify) && one->ok()) {
      notifications += one->answer.a;
      if (one->answer.a > one->op.a) violated(history, *one, "it woke more waiters than it was told to");
    }
    if (one->is(Verb::notify) && one->fate == Fate::unknown) notifications += one->op.a;
    if (one->is(Verb::wait) && one->answer.code == Errc::not_held && one->losses_after == one->losses_before &&
        !lock_lost_in_a_wait(calls, *one))
      violated(history, *one, "its client held the lock, and was told that it does not");
  }
  if (notified > notifications) violated(history, *calls.back(), "more waiters were notified than notifications sent");
}

void check_lock_of_condition(const ObjectHistory& history, const Selection& calls) {
  std::uint64_t lock = 0;
  for (const ObjectCall& one : history.all())
    if (one.is(Verb::open) && one.ok() && std::cmp_equal(one.answer.a, calls.front()->op.object))
      lock = one.op.spec->other;
  Selection held;
  for (const ObjectCall& one : history.all())
    if (one.op.object == lock && one.is(Verb::acquire) && one.ok()) held.push_back(&one);
  for (const ObjectCall* one : succeeded(calls, Verb::wait)) held.push_back(one);
  const auto token = [](const ObjectCall& one) { return one.is(Verb::wait) ? one.answer.b : one.answer.a; };
  check_distinct(history, held, token, "its token");
  check_rising(history, held, token, "its token");
}

}  // namespace forkmill::sim
