// Listing: the tasks that a filter lets through, from disk and from memory. Pure functions.
#pragma once

#include <string>

#include "broker/core/state/broker_state.h"
#include "broker/store/requests.h"

namespace forkmill::broker {

proto::Status check_filter(const proto::TaskFilter& filter);

// What to ask of the store. It knows of an unfinished task that it is unfinished, not whether it runs.
ScanRequest scan_for(const proto::TaskFilter& filter);

// The body of the reply: what the scan found, and what no store holds.
std::string list_tasks(const BrokerState& state, const proto::TaskFilter& filter, ScanAnswer scanned);

}  // namespace forkmill::broker
