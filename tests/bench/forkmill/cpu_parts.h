// CPU time of forkmill's parts: the threads of broker and client, the link, the children.
#pragma once

#include <sys/types.h>

#include "tests/bench/measure/measure.h"

namespace forkmill::bench {

// Parts: client.main, client.engine, client.io, broker.loop, broker.store, broker.io, link.loop, link.io, child,
// postgres, and `rest`: supervisors and all else. `io` is ZeroMQ's own thread. Clients are this process and those that
// it forked.
CpuParts parts_of_forkmill(pid_t broker);

}  // namespace forkmill::bench
