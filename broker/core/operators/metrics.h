// metrics(): the counts that operators watch over time, as a reply. Pure.
#pragma once

#include "broker/core/operators/answers/replies.h"
#include "broker/core/operators/events/event_pulls.h"
#include "broker/core/operators/self_report.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

ReplyBody metrics(const BrokerState& state, const SelfReport& self, const EventPulls& watching);

}  // namespace forkmill::broker
