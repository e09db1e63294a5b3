// The zygote: the process from which everything of local:// is forked. Single-threaded for ever; it makes no ZeroMQ
// context and runs no code of the program.
//
//     program → zygote   "start", once or more; "end"
//     zygote → program   the endpoint, or "!" and why not
//
// It ends when it is told to, when the program ends (a pidfd says so) or when nobody holds the other end of the socket
// any more (the program was replaced by exec). Then it stops, kills and reaps every descendant: as a subreaper it
// inherits those whose parents are gone.
#pragma once

#include <forkmill/worker.h>

#include <functional>
#include <string>

#include "proto/transport/descriptor.h"

namespace forkmill::local {

using Prepare = std::function<void(Worker&)>;

struct ZygoteSetup {
  proto::Descriptor control;
  proto::Descriptor program;  // a pidfd
  std::string directory;      // to make when it starts
  Prepare prepare;
};

// In a fresh fork. Does not return.
[[noreturn]] void run_zygote(ZygoteSetup setup) noexcept;

}  // namespace forkmill::local
