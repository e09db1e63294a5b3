// Requests of the rules to the supervisor, as messages of the control socket.
#pragma once

#include "worker/ipc/control.h"
#include "worker/rules/effects.h"

namespace forkmill::worker {

ControlMessage message_of(const SignalRequest& request);
ControlMessage message_of(const ForkRequest& request);

}  // namespace forkmill::worker
