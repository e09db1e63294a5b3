// The rules of single values in a dict: counters, and cells that clients exchange.
#include <forkmill/serialize.h>

#include <limits>
#include <set>

#include "tests/sim/objects/kind_rules.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

std::int64_t sum_of(const ObjectCall& call) {
  if (call.answer.values.size() != 1) return std::numeric_limits<std::int64_t>::min();
  return unpack_value<std::int64_t>(call.answer.values[0].view());
}

// The read at the end of the simulation; null if there was none. A key that is not there has no value.
const ObjectCall* last_fetch(const Selection& calls) {
  const Selection fetches = with(calls, Verb::fetch);
  return fetches.empty() ? nullptr : fetches.back();
}

}  // namespace

void check_counter(const ObjectHistory& history, const Selection& calls) {
  const Selection added = succeeded(calls, Verb::add);
  check_distinct(history, added, sum_of, "its sum");
  check_rising(history, added, sum_of, "its sum");
  const ObjectCall* last = last_fetch(calls);
  if (last == nullptr) return;
  const std::int64_t sum = last->ok() ? sum_of(*last) : 0;
  const std::int64_t least = std::ssize(added);
  if (sum < least || sum > least + count_unknown(calls, Verb::add))
    violated(history, *last,
             "the last sum is " + std::to_string(sum) + " after " + std::to_string(least) + " additions and " +
                 std::to_string(count_unknown(calls, Verb::add)) + " of unknown fate");
}

// Each value is put once and taken away once: the values make a chain, from no value to the last one.
void check_cell(const ObjectHistory& history, const Selection& calls) {
  const Selection done = succeeded(calls, Verb::exchange);
  std::set<std::string> removed, proposed;
  for (const ObjectCall* one : with(calls, Verb::exchange)) {
    if (one->fate != Fate::refused) proposed.emplace(one->op.values[2].view());
    if (!one->ok()) continue;
    if (!removed.emplace(one->op.values[1].view()).second)
      violated(history, *one, "it took a value away that another exchange had taken away");
  }
  for (const ObjectCall* one : with(calls, Verb::exchange))
    if (!one->answer.values.empty() && !proposed.contains(std::string{one->answer.values[0].view()}))
      violated(history, *one, "it found a value that was never put there");
  std::int64_t ends = 0;
  for (const ObjectCall* one : done) ends += removed.contains(std::string{one->op.values[2].view()}) ? 0 : 1;
  if (ends > 1 + count_unknown(calls, Verb::exchange)) violated(history, *done.back(), "an exchange was undone");
  const ObjectCall* last = last_fetch(calls);
  if (last == nullptr) return;
  const std::string value = last->ok() ? std::string{last->answer.values[0].view()} : std::string{};
  if (removed.contains(value)) violated(history, *last, "the last value had been taken away");
}

}  // namespace forkmill::sim
