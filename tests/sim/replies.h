// What the broker says to people, read and held against the model.
#pragma once

#include <map>
#include <string>

#include "proto/messages.h"
#include "tests/sim/model.h"

namespace forkmill::sim {

// Of one task, when it is safe and leaves the broker. Throws Violation.
void check_task_reply(Model& model, const proto::Query& query, const proto::Reply& reply);
// Of many, when it is made: later it may not be true any more.
void check_list_reply(Model& model, const proto::Query& query, const proto::Reply& reply);

// Where a list of tasks goes on; none: that was all.
proto::TaskSeq next_page(const proto::Reply& reply);

}  // namespace forkmill::sim
