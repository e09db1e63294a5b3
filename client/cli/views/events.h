// Views of the events of tasks: lines for people, objects for programs. Pure.
#pragma once

#include <forkmill/events.h>

#include <string>

#include "client/cli/views/json.h"

namespace forkmill::cli {

// The event as JSON; README.md in this folder has the keys.
Json event_json(const TaskEvent& event);
// One line for people: local time, kind, id, queue, name, and what else is known. Ends in a newline.
std::string event_line(const TaskEvent& event);

}  // namespace forkmill::cli
