// Command notes: lines of the audit log about commands of operators.
#pragma once

#include <string>
#include <string_view>

#include "broker/core/state/audit.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// TaskOfAnother: whose task a command names, if it is not that of the client's own principal.
struct TaskOfAnother {
  bool is_one = false;
  std::string principal{};  // empty: the broker's own user
};
// `task`: the one that the command names; null: it names none, or none that the client may see. Call before the command
// is carried out, which may end the task.
TaskOfAnother whose_task(const Client& client, const Task* task);

// Notes that the peer has given the command, what the command names, and how it ended: `outcome` is the name of the
// code of its reply, or "begun" if the store is still to carry it out.
void note_command(BrokerState& state, const AuditedPeer& peer, const proto::Command& command, std::string_view outcome,
                  std::string_view text, const TaskOfAnother& of = {});

}  // namespace forkmill::broker
