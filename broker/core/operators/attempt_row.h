// An attempt that has ended, as replies to operators show it. Pure function.
#pragma once

#include "broker/core/operators/answers/packed_map.h"
#include "broker/core/tasks/attempt_history.h"

namespace forkmill::broker {

PackedMap packed(const AttemptEnd& end);

}  // namespace forkmill::broker
