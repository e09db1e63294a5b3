#include "broker/options.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <iostream>

#include "proto/names.h"
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
    "SIGTERM and SIGINT end it cleanly. Exit codes: 0 ended as asked, 1 failed, 2 wrong setting.";

std::string set_queue_limit(CoreOptions& core, const std::string& queue, const std::string& key,
                            const std::string& value) {
  if (!proto::is_name(queue)) return "under a name of letters, digits and . _ - : /";
  QueueLimits& limits = core.queues.try_emplace(queue, core.queue).first->second;
  const auto number = proto::parse_bytes(value);
  if (!number) return key == "max_bytes" ? "a number of bytes like 65536, 64K, 512M or 2G" : "a number of tasks";
  (key == "max_bytes" ? limits.max_bytes : limits.max_tasks) = *number;
  return {};
}

std::string state_home() {
  if (const char* named = std::getenv("XDG_STATE_HOME"); named != nullptr && *named != '\0') return named;
  const char* home = std::getenv("HOME");
  return std::string{home != nullptr ? home : "."} + "/.local/state";
}

// What settings.h cannot check by itself. Empty: all is well.
std::string trouble(const ProgramOptions& options) {
  if (options.core.heartbeat.count() < 10) return "--heartbeat must be at least 10ms";
  if (options.core.session_timeout < 2 * options.core.heartbeat)
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
  std::uint64_t max_tasks = core.queue.max_tasks;
  std::uint64_t max_bytes = core.queue.max_bytes;
  settings.number("kept-results", kept_results, 0, 1'000'000'000, "Fetched results kept within their time to live");
  settings.bytes("kept-result-bytes", kept_bytes, "The same in bytes");
  settings.number("dead-letters", dead_letters, 0, 1'000'000'000, "Failed tasks kept with their arguments");
  settings.number("queue-max-tasks", max_tasks, 1, 1'000'000'000, "Tasks that a queue holds before it rejects more");
  settings.bytes("queue-max-bytes", max_bytes, "Bytes of arguments and results that a queue holds");
  settings.bytes("max-payload", core.max_payload, "Largest arguments of one task");
  settings.text("log-level", options.log.level, "trace, debug, info, warn, error or off");
  settings.text("log-format", options.log.format, "text or json");
  settings.table("queue", {"max_tasks", "max_bytes"}, [&core](const auto& queue, const auto& key, const auto& value) {
    return set_queue_limit(core, queue, key, value);
  });
  settings.footer(kFooter);
  if (auto code = settings.parse(argc, argv)) return code;
  if (options.memory) options.data.clear();
  core.kept_results = kept_results;
  core.kept_result_bytes = kept_bytes;
  core.dead_letters = dead_letters;
  core.queue = {max_tasks, max_bytes};
  core.max_payload = std::min<std::uint64_t>(core.max_payload, proto::limits::kMaxPayload);
  if (const std::string text = trouble(options); !text.empty()) {
    std::cerr << "forkmill-broker: " << text << "\n";
    return 2;
  }
  return std::nullopt;
}

}  // namespace forkmill::broker
