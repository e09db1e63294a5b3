// Tasks by their ids, and the words for how a cancellation went.
#pragma once

#include <forkmill/task_id.h>

#include <string>

#include "client/web/api/broker.h"

namespace forkmill::web {

// Returns the whole id for an unambiguous prefix of it. Throws forkmill::Error{task_unknown}.
TaskId resolve_task(Broker& broker, const std::string& text);

// "cancelled", "requested", "started", "finished" or "unknown".
const char* cancel_word(CancelState state);

}  // namespace forkmill::web
