#include "tests/sim/objects/selection.h"

#include <algorithm>
#include <iterator>

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

Selection with(const Selection& calls, proto::Verb verb) {
  Selection some;
  std::copy_if(calls.begin(), calls.end(), std::back_inserter(some),
               [&](const ObjectCall* one) { return one->is(verb); });
  return some;
}

Selection succeeded(const Selection& calls, proto::Verb verb) {
  Selection some = with(calls, verb);
  std::erase_if(some, [](const ObjectCall* one) { return !one->ok(); });
  return some;
}

std::int64_t count_unknown(const Selection& calls, proto::Verb verb) {
  const Selection some = with(calls, verb);
  return std::count_if(some.begin(), some.end(), [](const ObjectCall* one) { return one->fate == Fate::unknown; });
}

void violated(const ObjectHistory& history, const ObjectCall& call, const std::string& text) {
  throw Violation{"objects: " + describe(history.shared(call.shared), call) + ": " + text};
}

}  // namespace forkmill::sim
