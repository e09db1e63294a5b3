#include "worker/options.h"

#include <sched.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "proto/limits.h"
#include "proto/names.h"
#include "proto/settings/settings.h"
#include "worker/rules/process_slots.h"

namespace forkmill::worker {

namespace {

constexpr std::uint64_t kMaxChildren = 4096;
constexpr std::uint64_t kAnyCount = 1'000'000'000'000;

constexpr const char* kFooter =
    "Settings come from the defaults, the file, FORKMILL_* in the environment and the flags; later ones win.\n"
    "SIGTERM and SIGINT drain: no new task is taken, what has not started is handed back, what runs may finish within\n"
    "--drain-timeout. A second one stops at once. Exit codes: 0 drained, 1 failed or stopped at once, 2 wrong setting.";

bool is_endpoint(const std::string& text) {
  const bool tcp = text.rfind("tcp://", 0) == 0 && text.find(':', 6) != std::string::npos;
  return tcp || text.rfind("ipc://", 0) == 0;
}

void require(bool condition, const std::string& trouble) {
  if (!condition) throw std::invalid_argument{trouble};
}

void require_one_of(const std::string& what, const std::string& text, std::initializer_list<std::string_view> allowed) {
  std::string list;
  for (const auto word : allowed) list += (list.empty() ? "" : ", ") + std::string{word};
  require(std::find(allowed.begin(), allowed.end(), text) != allowed.end(),
          what + " '" + text + "': must be one of " + list);
}

}  // namespace

std::optional<int> read_options(int argc, const char* const* argv, Program program, CommandLine& line) {
  const std::string path = argc > 0 ? argv[0] : "worker";
  const std::string name = path.substr(path.rfind('/') + 1);
  WorkerOptions& options = line.options;
  std::uint64_t processes = options.processes;
  std::uint64_t max_processes = options.max_processes;
  proto::Settings settings{name, "Runs a pool of pre-forked processes that take tasks from a forkmill broker.",
                           FORKMILL_VERSION};
  settings.text("broker", options.broker, "The broker: tcp://HOST:PORT or ipc://PATH");
  settings.number("processes", processes, 0, kMaxChildren,
                  "Children of the pool; 0: one for each CPU that this process may use");
  settings.number("max-processes", max_processes, 0, kMaxProcesses,
                  "Children beyond --processes, each forked for one task that asks for a process of its own; 0: none");
  settings.list("queues", options.queues, "Queues to serve, repeated or parted by commas");
  settings.text("name", options.name, "As shown by `forkmill worker ls` and in errors; HOST-PID unless given");
  settings.number("max-tasks-per-child", options.max_tasks_per_child, 0, kAnyCount,
                  "Tasks after which a child is replaced by a fresh one; 0: never");
  settings.bytes("max-memory-per-child", options.max_memory_per_child,
                 "Resident memory above which a child is replaced, looked at after each task; 0: no limit");
  settings.duration("drain-timeout", options.drain_timeout, "How long running tasks may go on after SIGTERM");
  settings.duration("kill-grace", options.kill_grace,
                    "From asking a task to stop to SIGTERM, and from there to SIGKILL");
  settings.text("log-level", options.log_level, "trace, debug, info, warn, error or off");
  settings.text("log-format", options.log_format, "text or json, to stderr");
  if (program == Program::stock) {
    settings.flag("allow-exec", line.allow_exec,
                  "Run forkmill.exec: any command that any submitter names, with this user's rights");
  }
  settings.footer(kFooter);
  if (auto code = settings.parse(argc, argv)) return code;
  options.processes = static_cast<unsigned>(processes);
  options.max_processes = static_cast<unsigned>(max_processes);
  try {
    check(options);
  } catch (const std::invalid_argument& error) {
    std::cerr << name << ": " << error.what() << "\n";
    return 2;
  }
  return std::nullopt;
}

void check(const WorkerOptions& options) {
  require(is_endpoint(options.broker), "broker '" + options.broker + "': must be tcp://HOST:PORT or ipc://PATH");
  require(options.processes <= kMaxChildren, "processes: at most 4096");
  require(options.max_processes <= kMaxProcesses, "max-processes: at most 2048");
  require(!options.queues.empty(), "queues: at least one");
  require(options.queues.size() <= proto::limits::kMaxQueuesPerWorker, "queues: at most 256");
  for (const auto& queue : options.queues) {
    require(proto::is_name(queue),
            "queue '" + queue + "': must be 1 to 128 characters out of letters, digits and . _ - : /");
  }
  require(options.name.size() <= proto::limits::kMaxName, "name: at most 128 characters");
  require(options.drain_timeout.count() >= 0, "drain-timeout: must not be negative");
  require(options.kill_grace.count() >= 0, "kill-grace: must not be negative");
  require_one_of("log-level", options.log_level, {"trace", "debug", "info", "warn", "error", "off"});
  require_one_of("log-format", options.log_format, {"text", "json"});
}

unsigned usable_cpus() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  return static_cast<unsigned>(std::max(CPU_COUNT(&cpus), 1));
}

}  // namespace forkmill::worker
