// Replies: reads what the broker answers to queries and commands and checks it against the model.
#pragma once

#include <map>
#include <set>
#include <string>

#include "proto/wire/messages.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

// These check an answer about one task when it is safe and leaves the broker. Throw Violation.
void check_safe_reply(History& history, const proto::Query& query, const proto::Reply& reply);
void check_safe_reply(History& history, const proto::Command& command, const proto::Reply& reply);
// These check an answer when the broker makes it: an answer about many tasks may not be true later. `again`: the answer
// is repeated to a client that has come back. Throw Violation.
void check_fresh_reply(History& history, const proto::Query& query, const proto::Reply& reply);
void check_fresh_reply(History& history, const proto::Command& command, const proto::Reply& reply, bool again);

// The ids on one page of a list of tasks.
std::set<TaskId> ids_listed(const proto::Reply& reply);
// The number before which the next page begins; none: this page is the last one.
proto::TaskSeq next_page(const proto::Reply& reply);

}  // namespace forkmill::sim
