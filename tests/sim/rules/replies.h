// What the broker says to people, read and held against the model.
#pragma once

#include <map>
#include <set>
#include <string>

#include "proto/wire/messages.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

// What speaks of one task, when it is safe and leaves the broker. Throws Violation.
void check_safe_reply(Model& model, const proto::Query& query, const proto::Reply& reply);
// What speaks of many, when it is made: later it may not be true any more.
// `anew`: it was not asked before, in an earlier session.
void check_fresh_reply(History& history, const proto::Query& query, const proto::Reply& reply, bool anew);

// One page of a list of tasks.
std::set<TaskId> ids_listed(const proto::Reply& reply);
// Where it goes on; none: that was all.
proto::TaskSeq next_page(const proto::Reply& reply);

}  // namespace forkmill::sim
