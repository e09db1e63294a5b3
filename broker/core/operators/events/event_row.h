// Events as clients are told them, and which of them a client wants. PROTOCOL.md lists the keys of a row under
// QUERY 25.
#pragma once

#include <cstdint>
#include <string>

#include "broker/core/events/task_event.h"
#include "broker/core/state/task_visibility.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

// Whether the client may see the event and the filter lets it through. A moved task counts in both of its queues.
bool is_wanted(const TaskEvent& event, const proto::TaskFilter& filter, const TaskVisibility& visibility);

// Appends the event at `position`, as a msgpack map.
void append_row(std::string& rows, const TaskEvent& event, std::uint64_t position, const TaskVisibility& visibility);

}  // namespace forkmill::broker
