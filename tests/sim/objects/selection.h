// Selections of the calls of an object's history, and what several rules ask of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/sim/objects/object_history.h"

namespace forkmill::sim {

// Calls in the order in which they were made. The history owns them.
using Selection = std::vector<const ObjectCall*>;

// The calls with this verb.
Selection with(const Selection& calls, proto::Verb verb);
// The calls with this verb that succeeded.
Selection succeeded(const Selection& calls, proto::Verb verb);
// The number of calls with this verb whose fate is unknown.
std::int64_t count_unknown(const Selection& calls, proto::Verb verb);

// Throws Violation with the description of `call` and `text`.
[[noreturn]] void violated(const ObjectHistory& history, const ObjectCall& call, const std::string& text);

// Requires that `number` of a call is higher than that of each call that was answered before it was made. `what` names
// the number.
template <class Number>
void check_rising(const ObjectHistory& history, const Selection& calls, Number&& number, const char* what) {
  for (const ObjectCall* one : calls)
    for (const ObjectCall* later : calls)
      if (one->ended < later->began && number(*one) >= number(*later))
        violated(history, *later, std::string{what} + " is not higher than that of #" + std::to_string(one->cookie));
}

// Requires that no two calls have the same `number`.
template <class Number>
void check_distinct(const ObjectHistory& history, const Selection& calls, Number&& number, const char* what) {
  std::map<std::int64_t, const ObjectCall*> seen;
  for (const ObjectCall* one : calls)
    if (const auto [at, fresh] = seen.emplace(number(*one), one); !fresh)
      violated(history, *one, std::string{what} + " is also that of #" + std::to_string(at->second->cookie));
}

}  // namespace forkmill::sim
