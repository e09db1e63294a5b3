// The commands of forkmill-broker for a data directory without a running broker: --check, --quarantine, --accept-loss,
// --restore, --migrate. They report on stdout.
#pragma once

#include <optional>
#include <string>

#include "broker/options.h"
#include "broker/store/postgres/ownership.h"
#include "proto/env.h"

namespace forkmill::broker {

// Runs the offline command of `options`. Returns the exit code: 0 done and no damage, 1 otherwise; none if `options`
// has no offline command.
std::optional<int> run_offline_command(const ProgramOptions& options, proto::Env& env);

// Returns the options of the store that --store names. `id` names this process, and a store that is created. The store
// counts as stopped by SIGTERM and SIGINT, which must be blocked.
PostgresOptions postgres_options(const ProgramOptions& options, const std::string& id);

// Returns the id of a new store: sixteen unpredictable hexadecimal digits.
std::string fresh_store_id(proto::Env& env);

}  // namespace forkmill::broker
