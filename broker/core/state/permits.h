// Permits: whether a principal may use a queue or a named object, by its rights (proto/session/rights.h). Refusals fail
// with right_missing, and are counted. `rights` may be null: all is permitted then.
#pragma once

#include <string_view>

#include "broker/core/state/broker_state.h"
#include "proto/session/rights.h"
#include "proto/status.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

proto::Status may_submit(BrokerState& state, const proto::Rights* rights, std::string_view queue);
// Names the first queue that the worker may not serve.
proto::Status may_serve(BrokerState& state, const proto::Rights* rights, const proto::WorkerInfo& worker);
// `name`: the name of an object, which exists or is to be made.
proto::Status may_use_object(BrokerState& state, const proto::Rights* rights, std::string_view name);

}  // namespace forkmill::broker
