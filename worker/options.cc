#include "worker/options.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "proto/limits.h"
#include "proto/names.h"
#include "proto/os/output/logging.h"
#include "proto/session/shards.h"
#include "proto/settings/quantities.h"
#include "proto/settings/settings.h"
#include "proto/transport/default_endpoint.h"
#include "worker/joining.h"
#include "worker/os/own_program.h"
#include "worker/rules/process_slots.h"
#include "worker/rules/scaling/pool_bounds.h"
#include "worker/tasks/passed_environment.h"

namespace forkmill::worker {

namespace {

constexpr std::uint64_t kAnyCount = 1'000'000'000'000;
constexpr std::uint64_t kLeastMemory = std::uint64_t{64} * 1024 * 1024;
constexpr std::uint64_t kFewestFiles = 32;
constexpr std::uint64_t kMostPercent = 1'000'000;

constexpr const char* kFooter =
    R"(SIGTERM and SIGINT drain the worker: it accepts no new tasks, returns those that have not started, and
lets the running ones finish within --drain-timeout. A second signal stops it at once.
Exit status: 0 drained; 1 failed or stopped at once; 2 wrong setting.)";

void require(bool condition, const std::string& error) {
  if (!condition) throw std::invalid_argument{error};
}

void require_one_of(const std::string& what, const std::string& text, std::initializer_list<std::string_view> allowed) {
  std::string list;
  for (const auto word : allowed) list += (list.empty() ? "" : ", ") + std::string{word};
  require(std::find(allowed.begin(), allowed.end(), text) != allowed.end(),
          what + " '" + text + "': must be one of " + list);
}

void add_confinement(proto::Settings& settings, WorkerOptions& options) {
  settings.group("Confinement of children and commands");
  settings.text("user", options.user,
                "Run handlers and commands as this user, NAME or UID:GID; for a worker that is started as root",
                "USER");
  settings.flag("sandbox", options.sandbox,
                "Handlers and commands have no network and change files in their task's folder only; needs Linux 5.13 "
                "with Landlock and, as root, --user");
  settings.text("task-folder", options.task_folder,
                "Give each task an empty working folder below this one, removed when the task has ended [default with "
                "--sandbox: in $TMPDIR or /tmp]",
                "DIR");
  settings.size("limit-memory", options.limits.memory, "Maximum address space of a process; 0: no limit");
  settings.duration("limit-cpu", options.limits.cpu, "Maximum processor time of a task's process; 0: no limit");
  settings.number("limit-files", options.limits.files, 0, kAnyCount, "Maximum open files of a process; 0: no limit");
  settings.number("limit-processes", options.limits.processes, 0, kAnyCount,
                  "Maximum processes and threads of the user that tasks run as; 0: no limit");
  settings.size("limit-file-size", options.limits.file_size, "Maximum size of a file that is written; 0: no limit");
  settings.text("cgroup", options.cgroup,
                "Give each child a control group below this one (cgroup v2); auto: below the worker's own. Needs "
                "the right to make groups, as with Delegate=yes of systemd",
                "DIR");
  settings.size("group-memory", options.group_limits.memory,
                "Maximum memory of a child with all that it starts; needs --cgroup; 0: no limit");
  settings.number("group-processes", options.group_limits.processes, 0, kAnyCount,
                  "Maximum processes and threads of a child with all that it starts; needs --cgroup; 0: no limit");
  settings.number("group-cpu", options.group_limits.cpu_percent, 0, kMostPercent,
                  "Maximum processor time of a child with all that it starts, in percent of one CPU; needs --cgroup; "
                  "0: no limit");
  settings.size("limit-core", options.limits.core, "Maximum size of a core dump; 0: none is written");
}

void check_limits(const ChildLimits& limits) {
  require(limits.memory == 0 || limits.memory >= kLeastMemory,
          "limit-memory " + proto::format_size(limits.memory) + ": must be 0 or at least 64M");
  require(limits.files == 0 || limits.files >= kFewestFiles,
          "limit-files " + std::to_string(limits.files) + ": must be 0 or at least 32");
  require(limits.cpu.count() >= 0, "limit-cpu: must not be negative");
}

void check_groups(const WorkerOptions& options) {
  const auto& limits = options.group_limits;
  const bool limited = limits.memory != 0 || limits.processes != 0 || limits.cpu_percent != 0;
  require(!limited || !options.cgroup.empty(),
          "group-memory, group-processes and group-cpu: need --cgroup, such as --cgroup auto");
}

proto::Status read_processes(WorkerOptions& options, const std::string& text) {
  const auto processes = parse_processes(text);
  if (!processes.ok()) return processes.failure();
  options.processes = processes->number;
  options.scaling = processes->scaling;
  return {};
}

// Children may have other current folders than this process.
void make_absolute(std::string& path) {
  if (!path.empty()) path = std::filesystem::absolute(path);
}

}  // namespace

std::optional<int> read_options(int argc, const char* const* argv, Program program, CommandLine& line) {
  OwnProgram::note();
  const std::string path = argc > 0 ? argv[0] : "worker";
  const std::string name = path.substr(path.rfind('/') + 1);
  WorkerOptions& options = line.options;
  complete(options);
  std::string processes = std::to_string(options.processes);
  std::uint64_t max_processes = options.max_processes;
  proto::Settings settings{name, "Run the tasks of a forkmill broker in a pool of pre-forked processes.",
                           FORKMILL_VERSION};
  settings.group("Connection");
  settings.text(
      "broker", options.broker,
      "Endpoint of the broker: tcp://HOST:PORT or ipc://PATH; or those of brokers that stand by for each other, with "
      "commas between",
      "ENDPOINT");
  settings.text("server-public-key", options.server_public_key,
                "The broker's public key, or a file with it; for TCP, with --key", "KEY");
  settings.text("key", options.key, "File of this worker's secret key (forkmill keygen); for TCP", "FILE");
  settings.text("seal-keys", options.seal_keys,
                "File of the keys that open sealed arguments and seal results (forkmill keygen --seal)", "FILE");
  std::string invitation;
  settings.text("join", invitation,
                "An invitation (forkmill invite worker), in place of --broker and --server-public-key: makes a key, "
                "once, and connects with it. The key is kept in the file of --key, or in ~/.config/forkmill/joined",
                "LINE");
  settings.list("queues", options.queues,
                "Queues to serve, separated by commas; repeatable. NAME@3 is on shard 3 of a cluster, NAME@* on all",
                "NAMES");
  settings.text("name", options.name, "Name of the worker in `forkmill worker ls` and in errors [default: HOST-PID]",
                "NAME");
  settings.group("Processes");
  settings.text(
      "processes", processes,
      "Child processes of the pool; 0: one per CPU that affinity and control groups let it use; auto, or "
      "auto:MIN-MAX: as many as its load asks for, from 1 to one per CPU, or from MIN to MAX",
      [&options](const std::string& text) { return read_processes(options, text); }, "N");
  settings.number(
      "max-processes", max_processes, 0, kMaxProcesses,
      "Maximum children beyond the pool, each forked for a task that asks for a process of its own; 0: none");
  settings.number("max-tasks-per-child", options.max_tasks_per_child, 0, kAnyCount,
                  "Replace a child after this many tasks; 0: never");
  settings.size("max-memory-per-child", options.max_memory_per_child,
                "Replace a child whose resident memory exceeds this after a task; 0: never");
  settings.duration("drain-timeout", options.drain_timeout, "Let running tasks finish for this long after SIGTERM");
  settings.duration("kill-grace", options.kill_grace,
                    "Time from the request to stop a task to SIGTERM, and from SIGTERM to SIGKILL");
  settings.flag("attempt-spans", options.attempt_spans,
                "Give handlers and commands the span of their attempt as parent in traceparent, for a cluster whose "
                "gateway exports spans (forkmill web --otlp-endpoint)");
  if (program == Program::stock) {
    settings.flag("allow-exec", line.allow_exec,
                  "Run forkmill.exec tasks: any command that any submitter names, with the rights of this user");
  }
  add_confinement(settings, options);
  if (program == Program::stock) {
    line.pass_env = standard_variables();
    settings.list("pass-env", line.pass_env,
                  "Variables of the worker's environment that commands get; NAME* stands for all with this beginning, "
                  "other than FORKMILL_*",
                  "NAMES");
  }
  settings.group("Logging");
  settings.text("log-level", options.log_level, "trace, debug, info, warn, error or off", "LEVEL");
  settings.text("log-format", options.log_format, "text or json", "FORMAT");
  settings.text(
      "log-file", options.log_file,
      "Append the log to this file in place of stderr. If it is moved away, another one is made within a second",
      "FILE");
  settings.size("log-size", options.log_size,
                "Begin a new log file after this size, at least 64K; the old one is FILE.1");
  settings.number("log-files", options.log_files, 1, proto::LogOptions::kMostFiles, "Maximum number of log files");
  settings.footer(kFooter);
  if (auto code = settings.parse(argc, argv)) return code;
  if (!invitation.empty()) {
    make_absolute(options.key);
    const auto joined = join_in_fork(invitation, options.key);
    if (!joined.ok()) {
      std::cerr << name << ": --join: " << joined.failure().text << "\n";
      return joined.code() == Errc::option_out_of_range ? 2 : 1;
    }
    options.broker = joined->endpoints;
    options.server_public_key = options.key = joined->file;
  }
  make_absolute(options.seal_keys);
  make_absolute(options.log_file);
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
  require(proto::is_endpoint_list(options.broker),
          "broker '" + options.broker + "': must be tcp://HOST:PORT with a port from 1 to 65535, or ipc://PATH");
  require(options.processes <= kMaxChildren,
          "processes " + std::to_string(options.processes) + ": must be at most 4096");
  require(options.scaling.min <= kMaxChildren && options.scaling.max <= kMaxChildren &&
              (options.scaling.max == 0 || options.scaling.min <= options.scaling.max),
          "scaling from " + std::to_string(options.scaling.min) + " to " + std::to_string(options.scaling.max) +
              " children: must be 1 to 4096, and the minimum not more than the maximum");
  require(options.max_processes <= kMaxProcesses,
          "max-processes " + std::to_string(options.max_processes) + ": must be at most 2048");
  require(!options.queues.empty(), "queues: must have at least one name");
  require(options.queues.size() <= proto::limits::kMaxQueuesPerWorker,
          "queues: must have at most 256 names, not " + std::to_string(options.queues.size()));
  for (const auto& queue : options.queues) {
    const auto place = proto::QueuePlace::parse(queue);
    require(place.ok(), place.ok() ? "" : place.failure().text);
  }
  require(options.name.size() <= proto::limits::kMaxName,
          "name '" + options.name + "': must have at most 128 characters");
  require(options.drain_timeout.count() >= 0, "drain-timeout: must not be negative");
  require(options.kill_grace.count() >= 0, "kill-grace: must not be negative");
  check_limits(options.limits);
  check_groups(options);
  require_one_of("log-level", options.log_level, {"trace", "debug", "info", "warn", "error", "off"});
  require_one_of("log-format", options.log_format, {"text", "json"});
  require(options.log_size >= proto::LogOptions::kLeastBytes,
          "log-size " + std::to_string(options.log_size) + ": must be at least 64K");
  require(options.log_files >= 1 && options.log_files <= proto::LogOptions::kMostFiles,
          "log-files " + std::to_string(options.log_files) + ": must be 1 to 1000");
}

void complete(WorkerOptions& options) {
  if (options.broker.empty()) options.broker = proto::default_endpoint();
  make_absolute(options.seal_keys);
  make_absolute(options.log_file);
  options.drain_timeout = std::min(options.drain_timeout, proto::limits::kLongestSetting);
  options.kill_grace = std::min(options.kill_grace, proto::limits::kLongestSetting);
  options.limits.cpu = std::min(options.limits.cpu, proto::limits::kLongestSetting);
}

}  // namespace forkmill::worker
