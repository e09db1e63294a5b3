#include "broker/options.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <iostream>

#include "proto/names.h"
#include "proto/settings/quantities.h"
#include "proto/settings/settings.h"
#include "proto/transport/errors.h"

namespace forkmill::broker {

namespace {

constexpr const char* kFooter =
    "Settings come from the defaults, the file, FORKMILL_* in the environment and the flags; later ones win.\n"
    "A queue's own limits stand in the file:\n"
    "  [queue.thumbnails]\n"
    "  max_tasks = 100000\n"
    "  max_bytes = \"256M\"\n"
    "  durability = \"memory\"\n"
    "SIGTERM and SIGINT end it cleanly. Exit codes: 0 ended as asked, 1 failed, 2 wrong setting.";

// Unset options of a queue are 0 until all options have been read; then they get the values of the other queues.
constexpr QueueOptions kUnsaid{0, 0, true};

std::string set_queue_option(CoreOptions& core, const std::string& queue, const std::string& key,
                             const std::string& value) {
  if (!proto::is_name(queue)) return "under a name of letters, digits and . _ - : /";
  QueueOptions& options = core.queues.try_emplace(queue, kUnsaid).first->second;
  if (key == "durability") {
    if (value != "memory" && value != "durable") return "\"durable\" or \"memory\"";
    options.durable = value == "durable";
    return {};
  }
  const auto number = proto::parse_size(value);
  if (!number || *number == 0)
    return key == "max_bytes" ? std::string{"a size such as "} + proto::kSizeExamples : "a number of tasks";
  (key == "max_bytes" ? options.max_bytes : options.max_tasks) = *number;
  return {};
}

void fill_in_unsaid(CoreOptions& core) {
  for (auto& [name, options] : core.queues) {
    if (options.max_tasks == 0) options.max_tasks = core.queue.max_tasks;
    if (options.max_bytes == 0) options.max_bytes = core.queue.max_bytes;
  }
}

std::string state_home() {
  if (const char* named = std::getenv("XDG_STATE_HOME"); named != nullptr && *named != '\0') return named;
  const char* home = std::getenv("HOME");
  return std::string{home != nullptr ? home : "."} + "/.local/state";
}

// Checks what settings.h cannot check by itself. Returns the error; empty if there is none.
std::string trouble(const ProgramOptions& options) {
  const int offline_commands =
      int{options.check} + int{options.quarantine} + int{options.accept_loss} + !options.restore.empty();
  if (offline_commands > 1) return "--check, --quarantine, --accept-loss and --restore: one at a time";
  if (offline_commands == 1 && options.memory) return "--memory has no data directory to look after: say --data DIR";
  if (!options.memory && options.data.empty()) return "--data needs a directory (or say --memory)";
  if (options.core.heartbeat.count() < 10) return "--heartbeat must be at least 10ms";
  if (options.core.session_timeout / 2 < options.core.heartbeat)
    return "--session-timeout must be at least twice --heartbeat";
  for (const std::string& endpoint : options.listen) {
    if (!options.insecure && !proto::is_local_endpoint(endpoint)) {
      return "--listen " + endpoint +
             ": others than this machine could reach it, and connections are neither encrypted nor authenticated yet. "
             "Listen on "
             "tcp://127.0.0.1:PORT or ipc://PATH, or say --insecure inside a network that you trust";
    }
  }
  return {};
}

}  // namespace

std::string default_data_directory() { return (geteuid() == 0 ? "/var/lib" : state_home()) + "/forkmill"; }

std::optional<int> read_options(int argc, const char* const* argv, ProgramOptions& options) {
  CoreOptions& core = options.core;
  proto::Settings settings{"forkmill-broker", "Queues tasks for pre-forked workers and brings the results back.",
                           FORKMILL_VERSION};
  settings.list("listen", options.listen,
                "Endpoint for clients and workers: tcp://HOST:PORT (PORT * for any) or ipc://PATH; repeatable");
  settings.text("data", options.data, "Directory that tasks are kept in, made if it is not there");
  settings.flag("memory", options.memory, "Keep tasks in memory only: they live as long as the broker does");
  settings.flag("check", options.check, "Do not run: read all of the data directory and say what is damaged");
  settings.flag("quarantine", options.quarantine,
                "Do not run: set aside the tasks of which something is damaged, then check");
  settings.flag("accept-loss", options.accept_loss,
                "Do not run: go on with a data directory that lacks commits; clients will find out");
  settings.text("restore", options.restore, "Do not run: make the data directory from this backup");
  settings.flag("insecure", options.insecure, "Allow endpoints that others than this machine can reach");
  settings.text("announce", options.announce, "Write the open endpoints to this file, a line each");
  settings.duration("heartbeat", core.heartbeat, "How often peers say that they live");
  settings.duration("session-timeout", core.session_timeout, "Silence after which a peer is taken for dead");
  settings.duration("restart-grace", core.restart_grace,
                    "How long stored tasks wait after a start for workers that still run them");
  settings.bytes("disk-reserve", options.disk_reserve,
                 "Free bytes on the disk below which nothing durable is taken in");
  settings.duration("key-window", core.key_window, "How long a finished task is known by its idempotency key");
  settings.duration("result-ttl", core.result_ttl, "How long results are kept");
  std::uint64_t kept_results = core.kept_results;
  std::uint64_t kept_bytes = core.kept_result_bytes;
  std::uint64_t dead_letters = core.dead_letters;
  const QueueOptions in_memory = core.queue;
  const QueueOptions on_disk{100'000'000, 64ULL * 1024 * 1024 * 1024, true};
  std::uint64_t max_tasks = on_disk.max_tasks;
  std::uint64_t max_bytes = on_disk.max_bytes;
  settings.number("kept-results", kept_results, 0, 1'000'000'000, "Fetched results kept within their time to live");
  settings.bytes("kept-result-bytes", kept_bytes, "The same in bytes");
  settings.number("dead-letters", dead_letters, 0, 1'000'000'000, "Failed tasks kept with their arguments");
  settings.number("queue-max-tasks", max_tasks, 1, 1'000'000'000,
                  "Tasks that a queue holds before it rejects more; 2000000 with --memory");
  settings.bytes("queue-max-bytes", max_bytes, "Bytes of arguments and results that a queue holds; 1G with --memory");
  settings.bytes("max-payload", core.max_payload, "Largest arguments of one task");
  settings.text("log-level", options.log.level, "trace, debug, info, warn, error or off");
  settings.text("log-format", options.log.format, "text or json");
  settings.table("queue", {"max_tasks", "max_bytes", "durability"},
                 [&core](const auto& queue, const auto& key, const auto& value) {
                   return set_queue_option(core, queue, key, value);
                 });
  settings.footer(kFooter);
  if (auto code = settings.parse(argc, argv)) return code;
  core.kept_results = kept_results;
  core.kept_result_bytes = kept_bytes;
  core.dead_letters = dead_letters;
  core.queue = {max_tasks, max_bytes, true};
  if (options.memory && core.queue == on_disk) core.queue = in_memory;
  fill_in_unsaid(core);
  core.max_payload = std::min<std::uint64_t>(core.max_payload, proto::limits::kMaxPayload);
  if (const std::string text = trouble(options); !text.empty()) {
    std::cerr << "forkmill-broker: " << text << "\n";
    return 2;
  }
  return std::nullopt;
}

}  // namespace forkmill::broker
