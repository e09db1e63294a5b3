// The rule of events.
#include <algorithm>

#include "tests/sim/objects/kind_rules.h"

namespace forkmill::sim {

using proto::Verb;

void check_event(const ObjectHistory& history, const Selection& calls) {
  const Selection sets = with(calls, Verb::set);
  for (const ObjectCall* one : succeeded(calls, Verb::wait)) {
    const auto before = [&](const ObjectCall* set) { return set->began < one->ended; };
    if (one->answer.a != 0 && std::none_of(sets.begin(), sets.end(), before))
      violated(history, *one, "the event was found set before any client set it");
  }
}

}  // namespace forkmill::sim
