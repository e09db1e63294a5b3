#include "broker/options.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "broker/cluster/endpoints.h"
#include "broker/store/postgres/schema.h"
#include "broker/store/postgres/server_address.h"
#include "proto/limits.h"
#include "proto/names.h"
#include "proto/os/host.h"
#include "proto/settings/quantities.h"
#include "proto/settings/settings.h"
#include "proto/transport/errors.h"

namespace forkmill::broker {

namespace {

constexpr const char* kFooter = R"(Limits and durability of a single queue are set in the file:
  [queue.thumbnails]
  max_tasks = 100000
  max_bytes = "256M"
  log_bytes = "1M"
  durability = "memory"

Examples:
  forkmill-broker                                    serve this user on this machine, store tasks on disk
  forkmill-broker --data /srv/queue --check          look for damage while no broker runs
  forkmill-broker --restore backup.db --data /srv/new
  forkmill-broker --store postgresql://forkmill@db/forkmill    store tasks in PostgreSQL

SIGTERM and SIGINT stop the broker cleanly. SIGHUP reads --authorized-keys again and looks for --log-file at its
path; it stops a broker without either.
Exit status: 0 stopped as requested; 1 failed; 2 wrong setting.)";

// A limit of 0 is not set, or one of kLogBytesNotSet. After all settings have been read, the limit of the other queues
// takes its place.
constexpr std::size_t kLogBytesNotSet = ~std::size_t{0};
constexpr QueueOptions kLimitsNotSet{0, 0, true, 0, kLogBytesNotSet};

proto::Status set_queue_option(CoreOptions& core, const std::string& queue, const std::string& key,
                               const std::string& value) {
  if (!proto::is_name(queue)) return proto::must_be("below a queue name of 1 to 128 letters, digits and . _ - : /");
  QueueOptions& options = core.queues.try_emplace(queue, kLimitsNotSet).first->second;
  if (key == "durability") {
    if (value != "memory" && value != "durable") return proto::must_be("\"durable\" or \"memory\"");
    options.durable = value == "durable";
    return {};
  }
  const auto number = proto::parse_size(value);
  if (key == "log_bytes") {
    if (!number || *number > QueueOptions::kMaxLogBytes) return proto::must_be("a size of 16M at most; 0: no logs");
    options.log_bytes = *number;
    return {};
  }
  if (!number || *number == 0)
    return proto::must_be(key == "max_bytes" ? std::string{"a size such as "} + proto::kSizeExamples
                                             : "a number of tasks from 1");
  (key == "max_bytes" ? options.max_bytes : options.max_tasks) = *number;
  return {};
}

void fill_in_limits(CoreOptions& core) {
  for (auto& [name, options] : core.queues) {
    if (options.max_tasks == 0) options.max_tasks = core.queue.max_tasks;
    if (options.max_bytes == 0) options.max_bytes = core.queue.max_bytes;
    if (options.log_bytes == kLogBytesNotSet) options.log_bytes = core.queue.log_bytes;
  }
}

std::string state_home() {
  if (const char* named = std::getenv("XDG_STATE_HOME"); named != nullptr && *named != '\0') return named;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::string{home} + "/.local/state";
  const passwd* user = ::getpwuid(::geteuid());  // NOLINT(concurrency-mt-unsafe): before any thread
  return user == nullptr || user->pw_dir == nullptr || *user->pw_dir != '/'
             ? ""
             : std::string{user->pw_dir} + "/.local/state";
}

constexpr std::string_view kTcp = "tcp://";

proto::Status usage_error(std::string text) { return {Errc::option_out_of_range, std::move(text)}; }

// Fails for an endpoint on which programs could connect that have no key and may be those of other users.
proto::Status check_openness(const std::string& endpoint, const ProgramOptions& options) {
  if (options.authentication.key || !endpoint.starts_with(kTcp)) return {};
  const bool is_local = proto::is_local_endpoint(endpoint);
  if (options.insecure && is_local) return {};
  const std::string risk = "--listen " + endpoint + ": " + (is_local ? "any user of this machine" : "other machines") +
                           " could connect, submit any task and read any result";
  const std::string remedy = "; give --server-key and --authorized-keys (see `forkmill keygen --help`), ";
  if (is_local) return usage_error(risk + remedy + "listen on ipc://PATH, or give --insecure if you trust them all");
  return usage_error(risk + remedy + "or listen on ipc://PATH" +
                     (options.insecure ? "; --insecure is for loopback only" : ""));
}

// The file of the keys that have come of invitations, if the options name none. Empty: there is no place for it.
std::string default_enrolled_keys(const ProgramOptions& options) {
  if (options.memory) return options.authorized_keys.empty() ? "" : options.authorized_keys + ".enrolled";
  return (options.migrate.empty() ? options.data : options.migrate) + "/enrolled_keys";
}

// Reads the files of keys.
proto::Status read_keys(ProgramOptions& options) {
  options.authentication.open_to_all = options.insecure;
  const bool is_copied = !options.restore.empty() || !options.migrate.empty();
  if (!options.enrolled_keys.empty() && !is_copied && (options.server_key.empty() || !options.store.empty()))
    return usage_error(options.store.empty() ? "--enrolled-keys needs --server-key, the key of this broker"
                                             : "--enrolled-keys and --store: the database keeps the keys");
  if (options.enrolled_keys.empty()) options.enrolled_keys = default_enrolled_keys(options);
  if (options.server_key.empty() && options.authorized_keys.empty()) return {};
  if (options.server_key.empty()) return usage_error("--authorized-keys needs --server-key, the key of this broker");
  if (options.authorized_keys.empty())
    return usage_error("--server-key needs --authorized-keys, the keys that this broker accepts");
  if (options.insecure) return usage_error("--insecure and --server-key: give only one of them");
  auto key = proto::read_key_pair(options.server_key);
  if (!key.ok()) return usage_error("--server-key: " + key.failure().text);
  auto authorized = proto::read_authorized_keys(options.authorized_keys);
  if (!authorized.ok()) return usage_error("--authorized-keys: " + authorized.failure().text);
  options.authentication.key = key.value();
  options.authentication.authorized = std::move(authorized).value();
  return {};
}

// Checks the options of a store in PostgreSQL.
proto::Status check_store(const ProgramOptions& options, bool is_offline) {
  if (options.durability != "local" && options.durability != "standby")
    return usage_error("--durability '" + options.durability + "': must be local or standby");
  if (!options.migrate.empty() && options.store.empty())
    return usage_error("--migrate needs --store, the database that gets the tasks");
  if (options.store.empty()) return {};
  const auto address = ServerAddress::parse(options.store);
  if (!address.ok()) return usage_error("--store: " + address.failure().text);
  if (options.memory) return usage_error("--memory and --store: give only one of them");
  if (is_offline)
    return usage_error("--check, --quarantine, --accept-loss and --restore are for data directories, not for --store");
  if (!proto::is_name(options.cluster))
    return usage_error("--cluster '" + options.cluster + "': must be 1 to 128 letters, digits and . _ - : /");
  return {};
}

// Fills in and checks the options of a broker with several shards.
proto::Status complete_shards(ProgramOptions& options) {
  if (options.sharding.shards == 1) {
    if (options.sharding.advertise.empty()) return {};
    return usage_error("--advertise is for brokers with --shards: clients know the others by their --listen endpoints");
  }
  if (options.store.empty()) return usage_error("--shards needs --store, the database that the brokers share");
  if (!options.migrate.empty())
    return usage_error(
        "--migrate and --shards: the tasks of a data directory can go into a cluster of one shard only. Leave --shards "
        "out, or let the directory run empty beside a cluster that has them (deploy/CLUSTER.md, Another number of "
        "shards)");
  if (options.sharding.advertise.empty())
    options.sharding.advertise = reachable_endpoints(options.listen, proto::host_name());
  options.sharding.broker = options.sharding.advertise.front();
  if (options.sharding.broker.find(' ') != std::string::npos)
    return usage_error(options.sharding.broker + ": with --shards, an endpoint must not have spaces in it");
  if (options.sharding.advertise.size() != options.listen.size())
    return usage_error("--advertise: give one for each --listen endpoint");
  for (const std::string& endpoint : options.sharding.advertise)
    if (!proto::is_endpoint(endpoint)) return usage_error("--advertise: " + proto::not_an_endpoint(endpoint));
  for (const auto* endpoints : {&options.listen, &options.sharding.advertise})
    if (auto status = check_shard_endpoints(*endpoints, options.sharding.shards); !status.ok()) return status;
  return {};
}

// Checks what Settings cannot check by itself.
proto::Status check_options(const ProgramOptions& options) {
  const int offline_commands =
      int{options.check} + int{options.quarantine} + int{options.accept_loss} + !options.restore.empty();
  if (offline_commands > 1)
    return usage_error("--check, --quarantine, --accept-loss and --restore: give only one of them");
  if (offline_commands == 1 && options.memory)
    return usage_error("--memory: there is no data directory to check, repair or restore; give --data DIR instead");
  if (auto status = check_store(options, offline_commands > 0); !status.ok()) return status;
  if (options.core.queue.log_bytes > QueueOptions::kMaxLogBytes)
    return usage_error("--queue-log-bytes " + std::to_string(options.core.queue.log_bytes) + ": must be 16M at most");
  for (const std::string& endpoint : options.listen)
    if (!proto::is_listen_endpoint(endpoint)) return usage_error("--listen: " + proto::not_an_endpoint(endpoint));
  if (options.memory && options.history.is_on())
    return usage_error("--memory: --history-age and --history-size need a directory for the history; give --data DIR");
  if (!options.memory && options.data.empty())
    return usage_error("no data directory: HOME is not set; give --data DIR or --memory");
  if (options.core.heartbeat.count() < 10) {
    return usage_error("--heartbeat " + proto::format_duration(options.core.heartbeat) + ": must be at least 10ms");
  }
  if (options.core.session_timeout / 2 < options.core.heartbeat) {
    return usage_error("--session-timeout " + proto::format_duration(options.core.session_timeout) +
                       ": must be at least twice --heartbeat, which is " +
                       proto::format_duration(options.core.heartbeat));
  }
  if (options.log.max_bytes < proto::LogOptions::kLeastBytes)
    return usage_error("--log-size " + std::to_string(options.log.max_bytes) + ": must be at least 64K");
  if (!options.core.backup_folder.empty() && !options.core.backup_folder.starts_with('/'))
    return usage_error("--backup-folder " + options.core.backup_folder + ": must be an absolute path");
  for (const std::string& endpoint : options.listen)
    if (auto status = check_openness(endpoint, options); !status.ok()) return status;
  return {};
}

// Limits of queues that the options and the file do not name: on disk, and with --memory those of CoreOptions.
constexpr QueueOptions kOnDisk{100'000'000, 64ULL * 1024 * 1024 * 1024, true};

// The numbers of CoreOptions that Settings reads into 64 bits.
struct Limits {
  std::uint64_t max_tasks = kOnDisk.max_tasks;
  std::uint64_t max_bytes = kOnDisk.max_bytes;
  std::uint64_t log_bytes = kOnDisk.log_bytes;
  std::uint64_t log_memory = CoreOptions{}.log_memory;
  std::uint64_t result_bytes = kOnDisk.max_bytes;
  std::uint64_t kept_results;
  std::uint64_t kept_bytes;
  std::uint64_t dead_letters;
};

void add_endpoints(proto::Settings& settings, ProgramOptions& options) {
  settings.group("Endpoints");
  settings.list(
      "listen", options.listen,
      "Accept clients and workers here: ipc://PATH, for processes of this user, or tcp://HOST:PORT (usually " +
          std::to_string(proto::limits::kDefaultPort) + "; * picks a free port); repeatable",
      "ENDPOINT");
  settings.flag("insecure", options.insecure,
                "Allow TCP endpoints on loopback without keys: every program on this machine gets full access");
  settings.text("server-key", options.server_key,
                "File of this broker's secret key (forkmill keygen): TCP connections are encrypted, and peers know the "
                "broker by its public key; needs --authorized-keys",
                "FILE");
  settings.text(
      "authorized-keys", options.authorized_keys,
      "File of the keys that may connect by TCP, one per line: PRINCIPAL ROLES PUBLIC_KEY; SIGHUP reads it again",
      "FILE");
  settings.text("enrolled-keys", options.enrolled_keys,
                "File in which this broker keeps invitations and the keys enrolled with them (forkmill invite). "
                "Default: enrolled_keys in the data directory; with --memory, that of --authorized-keys with .enrolled "
                "appended; with --store, they are in the database",
                "FILE");
  settings.list(
      "advertise", options.sharding.advertise,
      "With --shards: clients and workers reach this broker here; repeatable. Default: --listen, with the name "
      "of this machine for all of its addresses",
      "ENDPOINT");
  settings.text("announce", options.announce, "Write the endpoints to this file once they are open, one per line",
                "FILE");
  settings.duration("heartbeat", options.core.heartbeat, "Heartbeat interval of clients and workers, at least 10ms");
  settings.duration("session-timeout", options.core.session_timeout,
                    "Consider a client or worker dead after this much silence; at least twice --heartbeat");
  settings.duration(
      "timeout-grace", options.core.timeout_grace,
      "End an attempt that its worker has not stopped this long after its timeout; must exceed --kill-grace of the "
      "workers");
}

void add_storage(proto::Settings& settings, ProgramOptions& options) {
  settings.group("Storage");
  settings.text("data", options.data, "Store tasks in this directory; it is created if missing", "DIR");
  settings.flag("memory", options.memory, "Keep tasks in memory only; they are lost when the broker stops");
  settings.text(
      "store", options.store,
      "Store tasks in this PostgreSQL database instead; brokers that share it stand by for each other. Give the "
      "password in a file (PGPASSFILE), not here",
      "URL");
  settings.text("durability", options.durability,
                "With --store: a task is safe once it is on the server (local), or also on a synchronous standby of it "
                "(standby)",
                "KIND");
  settings.text("cluster", options.cluster,
                "With --store: the name of this cluster; a database that belongs to another one is refused", "NAME");
  settings.number("shards", options.sharding.shards, 1, kMaxShards,
                  "With --store: divide the queues of the cluster among this many shards, which its brokers share; "
                  "fixed when the database is first used");
  settings.size("disk-reserve", options.disk_reserve,
                "Reject durable tasks while the disk has less free space than this");
  settings.text("backup-folder", options.core.backup_folder,
                "Let forkmill backup write into this folder only. Without it, the broker's user and root may name any "
                "file, and clients with keys none",
                "DIR");
  settings.duration(
      "restart-grace", options.core.restart_grace,
      "After a start with unfinished tasks, grant nothing for this long, so that workers can reconnect with their "
      "running tasks");
}

void add_offline_commands(proto::Settings& settings, ProgramOptions& options) {
  settings.group("Offline commands, instead of running a broker");
  settings.flag("check", options.check, "Read the whole data directory, report damage and exit");
  settings.flag("quarantine", options.quarantine, "Set damaged tasks aside, check the data directory and exit");
  settings.flag("accept-loss", options.accept_loss,
                "Accept that the data directory lacks commits, and exit; clients are told which tasks are lost");
  settings.text("restore", options.restore,
                "Create the data directory from this backup, with its keys of invitations, and exit", "FILE");
  settings.text(
      "migrate", options.migrate,
      "Copy the tasks and the keys of invitations of this data directory into the empty database of --store and "
      "exit",
      "DIR");
}

void add_limits(proto::Settings& settings, ProgramOptions& options, Limits& limits) {
  CoreOptions& core = options.core;
  constexpr std::uint64_t kMaxCount = 1'000'000'000;
  settings.group("Limits");
  settings.number("queue-max-tasks", limits.max_tasks, 1, kMaxCount, "Maximum tasks per queue; 2000000 with --memory");
  settings.size("queue-max-bytes", limits.max_bytes,
                "Maximum size of the arguments and results of a queue; 1G with --memory");
  settings.size("queue-log-bytes", limits.log_bytes,
                "Maximum size of what an attempt prints and logs that is kept, per queue, up to 16M; 0: nothing");
  settings.size("log-memory", limits.log_memory,
                "Maximum memory for what all attempts have printed and logged; the logs of the tasks that ended first "
                "are dropped first");
  settings.size(
      "result-bytes", limits.result_bytes,
      "Maximum size of the results of all principals that no client has fetched, or that have a time of their "
      "own; beyond, only principals with less than an equal share submit tasks; 1G with --memory");
  settings.size("max-payload", core.max_payload, "Maximum size of the arguments of one task");
  settings.size("memory-limit", options.memory_limit,
                "Accept nothing while the broker uses more memory than this; 0: three quarters of the limit of its "
                "control group, or half of the machine's memory, if that is less");
  settings.group("Retention");
  settings.duration("result-ttl", core.result_ttl, "Keep results for this long");
  settings.number("kept-results", limits.kept_results, 0, kMaxCount,
                  "Maximum number of results that are kept after they have been fetched");
  settings.size("kept-result-bytes", limits.kept_bytes,
                "Maximum size of results that are kept after they have been fetched");
  settings.duration("key-window", core.key_window, "Recognize a finished task by its idempotency key for this long");
  settings.number("dead-letters", limits.dead_letters, 0, kMaxCount,
                  "Maximum number of dead letters: failed tasks that are kept with their arguments");
  settings.duration("history-age", options.history.age,
                    "Keep a history of finished tasks in the data directory, for this long; 0: none, or with "
                    "--history-size as many as fit");
  settings.size(
      "history-size", options.history.size,
      "Maximum size of that history; the oldest tasks are dropped first; 0: none, or with --history-age 1GiB");
  settings.table("queue", {"max_tasks", "max_bytes", "log_bytes", "durability"},
                 [&core](const auto& queue, const auto& key, const auto& value) {
                   return set_queue_option(core, queue, key, value);
                 });
}

void add_logging(proto::Settings& settings, ProgramOptions& options) {
  settings.group("Logging");
  settings.text("log-level", options.log.level, "trace, debug, info, warn, error or off", "LEVEL");
  settings.text("log-format", options.log.format, "text or json", "FORMAT");
  settings.text(
      "log-file", options.log.file,
      "Append the log to this file in place of stderr. If it is moved away, another one is made within a second",
      "FILE");
  settings.size("log-size", options.log.max_bytes,
                "Begin a new log file after this size, at least 64K; the old one is FILE.1");
  settings.number("log-files", options.log.files, 1, proto::LogOptions::kMostFiles, "Maximum number of log files");
  settings.text("audit-log", options.audit.path,
                "Append to this file, as lines of JSON, what operators order, what is refused, changes of keys, and "
                "sessions that are taken over",
                "FILE");
  settings.size("audit-log-size", options.audit.max_bytes, "Begin a new file after this size; the old one is FILE.1");
  settings.number("audit-log-files", options.audit.files, 1, proto::LogOptions::kMostFiles,
                  "Maximum number of files of the audit log");
}

void apply(const Limits& limits, ProgramOptions& options) {
  CoreOptions& core = options.core;
  core.kept_results = limits.kept_results;
  core.kept_result_bytes = limits.kept_bytes;
  core.dead_letters = limits.dead_letters;
  const QueueOptions queue{limits.max_tasks, limits.max_bytes, true};
  if (!options.memory || queue != kOnDisk) core.queue = queue;
  core.queue.log_bytes = limits.log_bytes;
  core.log_memory = limits.log_memory;
  if (!options.memory || limits.result_bytes != kOnDisk.max_bytes) core.total.results = limits.result_bytes;
  fill_in_limits(core);
  core.history = options.history.is_on();
  core.max_payload = std::min<std::uint64_t>(core.max_payload, proto::limits::kMaxPayload);
}

}  // namespace

std::string default_data_directory() {
  const std::string home = geteuid() == 0 ? "/var/lib" : state_home();
  return home.empty() ? "" : home + "/forkmill";
}

HistoryOptions history_options(const ProgramOptions& options) {
  HistoryOptions history;
  history.directory = options.data;
  history.max_age = options.history.age;
  if (options.history.size > 0) history.max_bytes = options.history.size;
  history.disk_reserve = options.disk_reserve;
  if (options.sharding.shards == 1) return history;
  history.file += ".shard-" + std::to_string(options.sharding.shard);
  history.max_bytes /= options.sharding.shards;
  return history;
}

std::optional<int> read_options(int argc, const char* const* argv, ProgramOptions& options) {
  const CoreOptions& core = options.core;
  Limits limits{
      .kept_results = core.kept_results, .kept_bytes = core.kept_result_bytes, .dead_letters = core.dead_letters};
  proto::Settings settings{"forkmill-broker", "Queue tasks, hand them to workers and deliver their results.",
                           FORKMILL_VERSION};
  add_endpoints(settings, options);
  add_storage(settings, options);
  add_offline_commands(settings, options);
  add_limits(settings, options, limits);
  add_logging(settings, options);
  settings.footer(kFooter);
  if (auto code = settings.parse(argc, argv)) return code;
  apply(limits, options);
  while (options.core.backup_folder.ends_with('/')) options.core.backup_folder.pop_back();
  auto status = read_keys(options);
  if (status.ok()) status = check_options(options);
  if (status.ok()) status = complete_shards(options);
  if (!status.ok()) {
    std::cerr << "forkmill-broker: " << status.failure().text << "\n";
    return 2;
  }
  return std::nullopt;
}

}  // namespace forkmill::broker
