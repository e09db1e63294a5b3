// Signals to processes, and questions about them, which the broker answers. Neither function blocks. The futures end
// with an error if the broker does not know the process.
#pragma once

#include "client/process/state.h"

namespace forkmill::client {

// Sends a signal to a started process.
Future<RawResult> send_signal(const Process::State& process, int number);
// Asks for the state of a started process: QUERY process.
Future<RawResult> ask_state(const Process::State& process);

}  // namespace forkmill::client
