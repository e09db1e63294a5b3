// The options of forkmill-broker, from flags, environment and configuration file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/audit_log.h"
#include "broker/core/state/options.h"
#include "broker/store/history/history_database.h"
#include "proto/os/memory.h"
#include "proto/os/output/logging.h"
#include "proto/transport/default_endpoint.h"
#include "proto/transport/zap_authenticator.h"

namespace forkmill::broker {

// Returns /var/lib/forkmill for root, and forkmill below XDG_STATE_HOME or ~/.local/state for other users.
std::string default_data_directory();

// How a cluster is divided, and what this broker has of it.
struct ShardOptions {
  std::uint64_t shards = 1;            // that the cluster has
  std::vector<std::string> advertise;  // the endpoints by which others know this broker, if there are several shards
  std::string broker;                  // the name of this broker in the cluster then; not an option
  std::uint64_t shard = 1;             // the one of this process; not an option
};

// How much of the history of finished tasks is kept. 0: no limit of that kind; both 0: there is no history.
struct HistoryLimits {
  milliseconds age{0};
  std::uint64_t size = 0;

  bool is_on() const { return age.count() > 0 || size > 0; }
};

struct ProgramOptions {
  std::vector<std::string> listen{proto::default_endpoint()};
  std::string data = default_data_directory();
  bool memory = false;
  std::string store;                   // URL of a PostgreSQL database in place of a directory; may hold a password
  std::string durability = "standby";  // needed for a commit there: local or standby
  std::string cluster = "forkmill";    // the name of the cluster, in its database
  ShardOptions sharding;
  std::uint64_t disk_reserve = 256ULL * 1024 * 1024;  // free bytes below which the broker rejects durable tasks
  HistoryLimits history;
  std::uint64_t memory_limit = 0;  // resident bytes beyond which nothing is taken in; 0: proto::recommended_memory()
  bool insecure = false;           // accept TCP peers without keys
  std::string server_key;          // file of the broker's secret key; empty: TCP peers have no keys
  std::string authorized_keys;     // file of the keys that are accepted
  std::string enrolled_keys;       // file of those that have come of invitations; not with `store`
  proto::ZapAuthenticator::Options authentication;  // as the files and `insecure` say
  // Offline commands: see offline_commands.h.
  bool check = false;
  bool quarantine = false;
  bool accept_loss = false;
  std::string restore;   // the backup to restore from
  std::string migrate;   // the data directory whose tasks go into the database
  std::string announce;  // file that gets the bound endpoints, one per line; for scripts that let the system choose the
                         // port
  proto::LogOptions log;
  AuditOptions audit;
  CoreOptions core;

  // Returns the resident bytes that the broker may have.
  std::uint64_t usable_memory() const { return memory_limit > 0 ? memory_limit : proto::recommended_memory(); }
};

// Whether SIGHUP has something to do, and does not end the broker.
inline bool heeds_hangup(const ProgramOptions& options) {
  return !options.authorized_keys.empty() || !options.log.file.empty();
}

// Returns the options of the history; `options` has one.
HistoryOptions history_options(const ProgramOptions& options);

// Reads the options into `options`. Returns an exit code if the program is to end: --help, or an error.
std::optional<int> read_options(int argc, const char* const* argv, ProgramOptions& options);

}  // namespace forkmill::broker
