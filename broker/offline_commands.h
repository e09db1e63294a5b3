// What forkmill-broker does to a data directory instead of running on it: --check, --quarantine, --accept-loss,
// --restore. Says what it found and did on stdout.
#pragma once

#include <optional>

#include "broker/options.h"
#include "proto/env.h"

namespace forkmill::broker {

// The exit code: 0 done and all is sound, 1 not. Empty: no offline command was asked for.
std::optional<int> run_offline_command(const ProgramOptions& options, proto::Env& env);

// Sixteen digits that nobody can guess: the name of a new store.
std::string fresh_store_id(proto::Env& env);

}  // namespace forkmill::broker
