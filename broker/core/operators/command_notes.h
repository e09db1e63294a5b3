// Command notes: lines of the audit log about commands of operators.
#pragma once

#include <string_view>

#include "broker/core/state/audit.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Notes that the peer has given the command, what the command names, and how it ended: `outcome` is the name of the
// code of its reply, or "begun" if the store is still to carry it out.
void note_command(BrokerState& state, const AuditedPeer& peer, const proto::Command& command, std::string_view outcome,
                  std::string_view text);

}  // namespace forkmill::broker
