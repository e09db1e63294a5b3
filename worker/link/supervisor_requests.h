// Requests of the rules to the supervisor, as messages of the control socket.
#pragma once

#include <cstdint>

#include "worker/ipc/control.h"
#include "worker/rules/effects.h"

namespace forkmill::worker {

ControlMessage message_of(const SignalRequest& request);
ControlMessage message_of(const ForkRequest& request);
// restart: the worker starts again afterwards.
ControlMessage leave_message(bool restart);
ControlMessage scale_message(std::uint32_t children);

}  // namespace forkmill::worker
