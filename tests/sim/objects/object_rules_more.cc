#include <algorithm>
#include <limits>
#include <set>

#include "tests/sim/objects/object_rules.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

using List = std::vector<const Asked*>;

// A wait was under way when its client was told that it had lost what it held: it gave up whatever the same holder had
// by then.
bool given_up_meanwhile(const List& asked, const Asked& one) {
  return std::any_of(asked.begin(), asked.end(), [&](const Asked* other) {
    return other->is(Verb::wait) && other->client == one.client && other->op.who == one.op.who &&
           other->losses_before < other->losses_after && other->began < one.began && other->ended > one.began;
  });
}

std::int64_t at_least_one(std::int64_t many) { return std::max<std::int64_t>(1, many); }

// So many for certain, and so many more perhaps.
struct Amount {
  std::int64_t sure = 0;
  std::int64_t perhaps = 0;
  void add(std::int64_t many, bool certain) { (certain ? sure : perhaps) += many; }
  std::int64_t most() const { return sure + perhaps; }
};

struct Joinable {
  Amount put, done;
};

// What was put and done with at a moment.
Joinable joinable_at(const List& asked, std::uint64_t moment) {
  Joinable sum;
  for (const Asked* one : asked) {
    const bool full = one->answer.code == Errc::object_full;
    const bool certain = one->fate != Fate::unknown && one->ended < moment;
    if (one->is(Verb::put) && (one->fate != Fate::refused || full))
      sum.put.add(full ? one->answer.a : std::ssize(one->op.values), certain);
    else if (one->is(Verb::done) && one->fate != Fate::refused)
      sum.done.add(at_least_one(one->op.a), certain);
  }
  return sum;
}

}  // namespace

// What was said to be done with was there before; and what is left at the end is what was put and not done with.
void check_joinable(const ObjectHistory& history, const List& asked) {
  const auto [put, done] = joinable_at(asked, std::numeric_limits<std::uint64_t>::max());
  if (done.sure > put.most()) violated(history, *asked.back(), "more was done with than was ever put there");
  for (const Asked* one : asked) {
    if (one->is(Verb::done) && one->answer.code == Errc::over_released && done.perhaps == 0)
      violated(history, *one, "what was got could not be said to be done with");
  }
  const Asked* last = asked.back();
  if (!last->is(Verb::look) || !last->ok()) return;
  // Of one that a broker took along it is not the last word: others were under way.
  const Joinable before = joinable_at(asked, last->began);
  const std::int64_t left = last->answer.b;
  if (left < before.put.sure - before.done.most() || left > before.put.most() - before.done.sure)
    violated(history, *last, "it says that " + std::to_string(left) + " are not done with");
}

// When a join is over, whatever was put before it began was done with before it ended.
void check_joins(const ObjectHistory& history, const List& asked) {
  for (const Asked* join : asked) {
    if (!join->is(Verb::join) || !join->ok()) continue;
    std::int64_t put = 0, done = 0;
    for (const Asked* one : asked) {
      if (one->is(Verb::put) && one->ok() && one->ended < join->began) put += std::ssize(one->op.values);
      if (one->is(Verb::done) && one->fate != Fate::refused && one->began < join->ended)
        done += at_least_one(one->op.a);
    }
    if (done < put) violated(history, *join, "it was over although something was not done with");
  }
}

// As many are notified as there are notifications.
void check_condition(const ObjectHistory& history, const List& asked) {
  std::int64_t notified = 0, notifications = 0;
  for (const Asked* one : asked) {
    if (one->is(Verb::wait) && one->ok()) notified += one->answer.a;
    if (one->is(Verb::notify) && one->ok()) {
      notifications += one->answer.a;
      if (one->answer.a > one->op.a) violated(history, *one, "it woke more than it was to");
    }
    if (one->is(Verb::notify) && one->fate == Fate::unknown) notifications += one->op.a;
    if (one->is(Verb::wait) && one->answer.code == Errc::not_held && one->losses_after == one->losses_before &&
        !given_up_meanwhile(asked, *one))
      violated(history, *one, "it held the lock, and was told that it does not");
  }
  if (notified > notifications) violated(history, *asked.back(), "somebody was notified by nobody");
}

// Messages come out of the end that they were not put in, once, and for each two in order.
void check_pipe(const ObjectHistory& history, const List& asked) {
  std::map<std::string, std::pair<const Asked*, std::size_t>> sent;
  for (const Asked* one : asked) {
    if (!one->is(Verb::send)) continue;
    for (std::size_t i = 0; i < one->op.values.size(); ++i) sent[std::string{one->op.values[i].view()}] = {one, i};
  }
  std::set<std::string> seen;
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::int64_t>, std::pair<Cookie, std::size_t>> last;
  for (const Asked* one : asked) {
    if (!one->is(Verb::receive) || !one->ok()) continue;
    for (const auto& value : one->answer.values) {
      const auto found = sent.find(std::string{value.view()});
      if (found == sent.end()) violated(history, *one, "it received what nobody sent");
      const auto& [send, index] = found->second;
      const bool in = send->ok() || send->fate == Fate::unknown || std::cmp_less(index, send->answer.a);
      if (!in) violated(history, *one, "it received a message whose sending had failed");
      if (send->op.a == one->op.a) violated(history, *one, "it received at the end at which it was sent");
      if (!seen.insert(std::string{value.view()}).second) violated(history, *one, "it received a message twice");
      auto& before = last[{send->client, one->client, one->op.a}];
      const std::pair place{send->cookie, index};
      if (place <= before) violated(history, *one, "it came after something that was sent later");
      before = place;
    }
  }
}

}  // namespace forkmill::sim
