// The rules of barriers.
#include <algorithm>
#include <utility>

#include "tests/sim/objects/kind_rules.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

// The report of a party on the action that it ran for this round; null if it is gone before it reported.
const ObjectCall* action_of(const Selection& acted, const ObjectCall& party) {
  const auto found = std::find_if(acted.begin(), acted.end(), [&](const ObjectCall* one) {
    return one->client == party.client && one->op.b == party.answer.b && one->began > party.ended;
  });
  return found == acted.end() ? nullptr : *found;
}

// A party that passed, and when its client knew that the round was over.
struct Passed {
  const ObjectCall* party = nullptr;
  std::uint64_t over = 0;
};

// The rounds of a barrier, as far as its calls show them.
struct Rounds {
  std::vector<std::vector<Passed>> passed;  // by index: the parties that passed, in order
  std::vector<std::uint64_t> opened;        // when each round may have been over, at the earliest
  bool have_actions = false;                // none passes without its action
};

Rounds rounds_of(const ObjectHistory& history, const Selection& calls) {
  const auto& spec = history.shared(calls.front()->shared).spec;
  const auto parties = static_cast<std::size_t>(spec.size);
  const Selection acted = with(calls, Verb::acted);
  Rounds rounds;
  rounds.have_actions = (spec.flags & proto::kObjectActs) != 0;
  rounds.passed.resize(parties);
  for (const ObjectCall* one : with(calls, Verb::wait)) {
    if (one->fate == Fate::unknown && !rounds.have_actions) rounds.opened.push_back(one->began);
    if (!one->ok()) continue;
    const auto index = static_cast<std::size_t>(one->answer.a);
    if (one->answer.a < 0 || index >= parties) violated(history, *one, "the barrier has no such index");
    const bool acts = one->answer.b != 0;
    const ObjectCall* action = acts ? action_of(acted, *one) : nullptr;
    const bool may_pass = !acts || (action != nullptr && action->op.a != 0 && action->fate != Fate::refused);
    const bool opens = rounds.have_actions ? acts : index == 0;
    if (opens && may_pass) rounds.opened.push_back(acts ? action->began : one->began);
    if (!acts || (may_pass && action->ok())) rounds.passed[index].push_back({one, acts ? action->ended : one->ended});
  }
  std::sort(rounds.opened.begin(), rounds.opened.end());
  for (auto& some : rounds.passed)
    std::sort(some.begin(), some.end(), [](const Passed& a, const Passed& b) { return a.over < b.over; });
  return rounds;
}

// Whether the party was answered when its round was over, not before.
bool waited_for(const Rounds& rounds, const ObjectCall& party) {
  return party.answer.b == 0 && (rounds.have_actions || party.answer.a != 0);
}

}  // namespace

// Each round that is passed has each index once. No party passes before the last one has arrived and a party has run
// the action.
void check_barrier(const ObjectHistory& history, const Selection& calls) {
  const Rounds rounds = rounds_of(history, calls);
  std::size_t least = rounds.opened.size();
  std::size_t most = 0;
  for (const auto& some : rounds.passed) {
    for (std::size_t i = 0; i < some.size(); ++i)
      if (i >= rounds.opened.size() || (waited_for(rounds, *some[i].party) && some[i].over < rounds.opened[i]))
        violated(history, *some[i].party,
                 "passed the barrier before the last party had arrived and the action was run");
    least = std::min(least, some.size());
    most = std::max(most, some.size());
  }
  const std::int64_t unknown = count_unknown(calls, Verb::wait) + count_unknown(calls, Verb::acted);
  if (std::cmp_greater(most - least, unknown))
    violated(history, *calls.back(), "only some parties passed a round of the barrier");
}

}  // namespace forkmill::sim
