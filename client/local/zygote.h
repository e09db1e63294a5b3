// The zygote: the process from which broker and worker of local:// are forked. It stays single-threaded, makes no
// ZeroMQ context and runs no code of the program.
//
//     program → zygote   "start", once or more; "end"
//     zygote → program   the endpoint; or "!" and the reason why there is none
//
// The zygote ends when it is told to, when the program ends (seen by a pidfd), or when no process holds the other end
// of the socket (the program was replaced by exec). It stops, kills and reaps every descendant before: as a subreaper
// it inherits descendants whose parents are gone.
#pragma once

#include <forkmill/worker.h>

#include <functional>
#include <string>

#include "proto/os/descriptor.h"

namespace forkmill::local {

using Prepare = std::function<void(Worker&)>;

struct ZygoteSetup {
  proto::Descriptor control;
  proto::Descriptor program;  // a pidfd of it
  std::string directory;      // made with the first start
  Prepare prepare;
};

// Runs the zygote. Must be called in a fresh fork.
[[noreturn]] void run_zygote(ZygoteSetup setup) noexcept;

}  // namespace forkmill::local
