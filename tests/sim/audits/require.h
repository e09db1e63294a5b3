// Helpers of the audits.
#pragma once

#include <string>

#include "broker/core/state/broker_state.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

// Throws Violation "invariant `rule`: …" unless `holds`. `text()` describes the violation; it is called only then, as
// texts take time to make.
template <class Text>
void require(bool holds, const char* rule, Text&& text) {
  if (!holds) throw Violation{std::string{"invariant "} + rule + ": " + text()};
}

// The worker at that peer; null: no worker is there.
const broker::Worker* worker_at(const broker::BrokerState& state, proto::PeerId peer);
// Whether `worker` has a handler for tasks of that name.
bool knows(const broker::Worker& worker, const std::string& task);

}  // namespace forkmill::sim
