// An attempt that has ended, and reasons, as replies to operators show them. Pure functions.
#pragma once

#include <vector>

#include "broker/core/operators/answers/packed_map.h"
#include "broker/core/operators/why/reason.h"
#include "broker/store/attempt_end.h"

namespace forkmill::broker {

PackedMap packed(const AttemptEnd& end);
std::vector<PackedMap> packed(const Findings& findings);

}  // namespace forkmill::broker
