// Requests of the rules to the supervisor, as messages of the control socket.
#pragma once

#include <cstdint>

#include "worker/ipc/control.h"
#include "worker/rules/effects.h"

namespace forkmill::worker {

ControlMessage message_of(const SignalRequest& request);
ControlMessage message_of(const ForkRequest& request);
ControlMessage leave_message();
ControlMessage scale_message(std::uint32_t children);

}  // namespace forkmill::worker
