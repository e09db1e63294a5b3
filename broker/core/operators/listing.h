// Listing: the tasks that a filter lets through, from disk and from memory. Pure functions.
#pragma once

#include <string>

#include "broker/core/state/sight.h"
#include "broker/store/requests.h"

namespace forkmill::broker {

proto::Status check_filter(const proto::TaskFilter& filter);

// Returns the request to the store for the tasks that pass the filter and that the asker may see. The store knows that
// a task is unfinished, but not whether it runs.
ScanRequest scan_for(const proto::TaskFilter& filter, Sight sight);

// Returns the body of the reply: the tasks that the scan found, and those that no store holds.
std::string list_tasks(const BrokerState& state, const proto::TaskFilter& filter, const Sight& sight,
                       ScanAnswer scanned);

}  // namespace forkmill::broker
