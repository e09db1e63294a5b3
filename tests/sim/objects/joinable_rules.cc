// The rules of joinable queues, whose items clients report as done.
#include <algorithm>
#include <limits>

#include "tests/sim/objects/kind_rules.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

std::int64_t at_least_one(std::int64_t many) { return std::max<std::int64_t>(1, many); }

// A number of items that is known up to the calls of unknown fate.
struct Amount {
  std::int64_t sure = 0;
  std::int64_t perhaps = 0;
  void add(std::int64_t many, bool certain) { (certain ? sure : perhaps) += many; }
  std::int64_t most() const { return sure + perhaps; }
};

struct Joinable {
  Amount put, done;
};

// The items that were put and done at a moment.
Joinable joinable_at(const Selection& calls, std::uint64_t moment) {
  Joinable sum;
  for (const ObjectCall* one : calls) {
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

void check_joinable(const ObjectHistory& history, const Selection& calls) {
  const auto [put, done] = joinable_at(calls, std::numeric_limits<std::uint64_t>::max());
  if (done.sure > put.most()) violated(history, *calls.back(), "more items are done than were ever put");
  for (const ObjectCall* one : calls) {
    if (one->is(Verb::done) && one->answer.code == Errc::over_released && done.perhaps == 0)
      violated(history, *one, "an item that a client got could not be reported as done");
  }
  const ObjectCall* last = calls.back();
  if (!last->is(Verb::look) || !last->ok()) return;
  // The last look at an object that its broker took along had other calls beside it: count as of its beginning.
  const Joinable before = joinable_at(calls, last->began);
  const std::int64_t left = last->answer.b;
  if (left < before.put.sure - before.done.most() || left > before.put.most() - before.done.sure)
    violated(history, *last, "it says that " + std::to_string(left) + " items are not done");
}

void check_joins(const ObjectHistory& history, const Selection& calls) {
  for (const ObjectCall* join : succeeded(calls, Verb::join)) {
    std::int64_t put = 0, done = 0;
    for (const ObjectCall* one : calls) {
      if (one->is(Verb::put) && one->ok() && one->ended < join->began) put += std::ssize(one->op.values);
      if (one->is(Verb::done) && one->fate != Fate::refused && one->began < join->ended)
        done += at_least_one(one->op.a);
    }
    if (done < put) violated(history, *join, "the join ended although an item was not done");
  }
}

}  // namespace forkmill::sim
