// show_log(): what an attempt of a task has printed and logged, as a page of QUERY logs. Pure.
#pragma once

#include "broker/core/operators/answers/replies.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// The texts of `query.attempt` from the position `query.from` on; attempt 0: the last one.
PackedMap show_log(const BrokerState& state, const Client& client, const Task& task, const proto::Query& query);

}  // namespace forkmill::broker
