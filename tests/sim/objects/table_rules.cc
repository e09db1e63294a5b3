// The rules of dicts and lists with everything that can be done with one.
#include <algorithm>
#include <memory>
#include <set>
#include <tuple>

#include "tests/sim/objects/kind_rules.h"
#include "tests/sim/objects/table_replay.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

bool has_version(const ObjectCall& call) {
  return may_change(call) || call.is(Verb::fetch) || call.is(Verb::items) || call.is(Verb::look);
}

// Requires that each call sees what had been done before it was made.
void check_time(const ObjectHistory& history, const Selection& in_order, bool dict) {
  std::int64_t latest = 0;  // version of the calls that had ended
  Selection by_end = in_order;
  std::sort(by_end.begin(), by_end.end(), [](const ObjectCall* a, const ObjectCall* b) { return a->ended < b->ended; });
  Selection by_begin = in_order;
  std::sort(by_begin.begin(), by_begin.end(),
            [](const ObjectCall* a, const ObjectCall* b) { return a->began < b->began; });
  auto ended = by_end.begin();
  for (const ObjectCall* one : by_begin) {
    for (; ended != by_end.end() && (*ended)->ended < one->began; ++ended)
      latest = std::max(latest, version_of(**ended));
    if (version_of(*one) < latest + (changed(*one, dict) ? 1 : 0))
      violated(history, *one, "it does not see what had been done before it");
  }
}

// Requires that a watch names every key that changed since its version.
void check_watches(const ObjectHistory& history, const Selection& calls, const Selection& in_order) {
  for (const ObjectCall* watch : succeeded(calls, Verb::watch)) {
    if (watch->answer.a != 0) continue;
    std::set<std::string> told;
    for (const auto& key : watch->answer.values) told.emplace(key.view());
    for (const ObjectCall* one : in_order) {
      const bool of_one_key = one->is(Verb::add) || one->is(Verb::append) || one->is(Verb::exchange);
      if (!of_one_key || !changed(*one, true) || version_of(*one) <= watch->op.a ||
          version_of(*one) > version_of(*watch))
        continue;
      if (!told.contains(std::string{one->op.values[0].view()}))
        violated(history, *watch, "it was not told of #" + std::to_string(one->cookie));
    }
  }
}

// Requires that no watch waits for a change that had been made before it.
void check_prompt_watches(const ObjectHistory& history, const Selection& calls, const Selection& in_order) {
  for (const ObjectCall* watch : with(calls, Verb::watch)) {
    if (watch->given_up || watch->fate != Fate::refused || watch->answer.code != Errc::timeout) continue;
    for (const ObjectCall* one : in_order)
      if (one->ended < watch->began && version_of(*one) > watch->op.a)
        violated(history, *watch, "it waited although #" + std::to_string(one->cookie) + " had a later version");
  }
}

std::unique_ptr<TableReplay> make_replay(const ObjectHistory& history, bool dict) {
  if (dict) return std::make_unique<DictReplay>(history);
  return std::make_unique<ListReplay>(history);
}

}  // namespace

void check_table(const ObjectHistory& history, const Selection& calls, bool dict) {
  Selection in_order;
  bool unknown_changes = false;
  for (const ObjectCall* one : calls) {
    if (one->ok() && has_version(*one)) in_order.push_back(one);
    unknown_changes = unknown_changes || (may_change(*one) && one->fate == Fate::unknown);
  }
  // A read stands behind the change that made its version.
  const auto place = [dict](const ObjectCall* one) {
    return std::tuple{version_of(*one), !changed(*one, dict), one->cookie};
  };
  std::sort(in_order.begin(), in_order.end(),
            [&](const ObjectCall* a, const ObjectCall* b) { return place(a) < place(b); });
  check_time(history, in_order, dict);
  check_prompt_watches(history, calls, in_order);
  if (dict) check_watches(history, calls, in_order);
  const auto replay = make_replay(history, dict);
  for (const ObjectCall* one : in_order)
    if (!replay->replay(*one, unknown_changes)) return;
}

}  // namespace forkmill::sim
