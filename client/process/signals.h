// Signals to processes, which the broker delivers.
#pragma once

#include "client/process/state.h"

namespace forkmill::client {

inline constexpr int kNoSignal = 0;  // only asks whether the process is there, and what it does

// Sends a signal to a started process. Never blocks. The future ends with an error if the broker does not know it.
Future<RawResult> send_signal(const Process::State& process, int number);

}  // namespace forkmill::client
