// An attempt that has ended, as replies to operators show it. Pure function.
#pragma once

#include "broker/core/operators/answers/packed_map.h"
#include "broker/store/attempt_end.h"

namespace forkmill::broker {

PackedMap packed(const AttemptEnd& end);

}  // namespace forkmill::broker
