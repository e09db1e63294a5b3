// The check before a worker starts: whether this machine and this user can keep what its options promise.
#pragma once

#include <forkmill/worker_options.h>

#include <optional>

#include "proto/result.h"
#include "worker/confinement/account.h"

namespace forkmill::worker {

// Returns the user that children become; null: they stay what they are. Fails, with what is missing, if the worker
// cannot do what `options` say about its children: it must not run tasks then. Tries in a fork of this process.
proto::Result<std::optional<Account>> account_of(const WorkerOptions& options);

}  // namespace forkmill::worker
