// WorkerOptions: how a worker runs. A worker's main() takes them from flags, environment and file (Worker{argc, argv});
// a program that embeds a worker fills them in. Plain values: copy freely. Worker's constructor checks them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace forkmill {

// Limits of each process of a child or a command, as setrlimit(2) has them. 0: no other limit than the worker's own,
// which is also the most that can be given.
struct ChildLimits {
  // Bytes of address space; at least 64 MiB. A handler that exceeds it gets std::bad_alloc.
  std::uint64_t memory = 0;
  // Processor time of one task, all threads together, in whole seconds, rounded up. SIGXCPU ends the process then.
  std::chrono::milliseconds cpu{0};
  // Open descriptors; at least 32.
  std::uint64_t files = 0;
  // Processes and threads of the user, all that run on this machine: give the children a user of their own. Root has no
  // such limit.
  std::uint64_t processes = 0;
  // Bytes of a file that is written to. SIGXFSZ ends the process.
  std::uint64_t file_size = 0;
  // Bytes of a core dump. 0: none is written.
  std::uint64_t core = 0;
};

// Limits of a child and all that it has started, together, as control groups have them. 0: no limit.
struct GroupLimits {
  // Bytes of memory. The kernel kills a process of the group that exceeds it.
  std::uint64_t memory = 0;
  // Processes and threads.
  std::uint64_t processes = 0;
  // Processor time, in percent of one CPU.
  std::uint64_t cpu_percent = 0;
};

// A pool whose size follows its load: it has more children while all of them are busy and the broker has more tasks for
// them, and fewer after it did not need them for ten seconds. No task is ended for that. An operator's order to scale
// the worker puts an end to it, until the worker starts again.
struct PoolScaling {
  // Fewest children, 1 to 4096, with which the pool begins. 0: the pool keeps its size.
  unsigned min = 0;
  // Most children, `min` to 4096; no more than the CPU quota of this process's control groups allows, unless `min` is
  // more. 0: as many as CPUs this process may use. Beyond `min`, no child is added for which the control groups have no
  // memory.
  unsigned max = 0;
};

struct WorkerOptions {
  // Endpoint of the broker: tcp://HOST:PORT or ipc://PATH. A worker that cannot reach it keeps trying. Empty: the
  // socket of this user's broker on this machine, where forkmill-broker listens by default.
  std::string broker{};
  // Keys of a TCP connection, which is then encrypted, and on which both sides prove who they are; ipc:// needs none.
  // Give both or none. server_public_key: the broker's public key, 64 hexadecimal digits, or the name of a file with
  // it.
  std::string server_public_key{};
  // Name of the file with this worker's secret key, which `forkmill keygen` writes. Clients in handlers use it as well.
  std::string key{};
  // Name of a file of seal keys, which `forkmill keygen --seal` writes: arguments of queues with a key are taken sealed
  // only, and what is said of such a task is sealed as well, so that the broker can read neither. Clients in handlers
  // use it as well. Empty: sealed arguments are refused.
  std::string seal_keys{};
  // Children of the pool, each of which runs one task at a time; 0 to 4096. 0: as many as CPUs this process may use,
  // by affinity mask and CPU quota.
  unsigned processes = 0;
  // A pool of another size at other times; `processes` does not count then.
  PoolScaling scaling{};
  // Children beyond the pool, each forked for one forkmill::Process or Pool and ended with it; at most this many at
  // once, 0 to 2048. 0: this worker serves none.
  unsigned max_processes = 1024;
  // Names of the queues to serve, 1 to 256 of them, all alike.
  std::vector<std::string> queues = {"default"};
  // Name in `forkmill worker ls`, in logs and in errors; 128 characters at most. Empty: HOST-PID.
  std::string name;

  // Tasks after which a child ends and a fresh one takes its place. 0: never.
  std::uint64_t max_tasks_per_child = 0;
  // Resident bytes, memory shared with the supervisor included, above which a child is replaced; looked at after each
  // task. 0: no limit.
  std::uint64_t max_memory_per_child = 0;

  // Limits that the kernel keeps in children, and in the commands that they run.
  ChildLimits limits{};
  // User that children run as: a name, or UID:GID. Only a worker that was started as root can have it; the link to the
  // broker then stays root's. Empty: the worker's own user.
  std::string user{};
  // Folder of a control group (cgroup v2) in which each child gets a group of its own, or "auto": in the group of this
  // process. No process outlives the child then, not even with a session of its own. Empty: children have no groups.
  std::string cgroup{};
  // Limits that the kernel keeps in these groups. Needs `cgroup`.
  GroupLimits group_limits{};
  // Whether children have no network, and can change files below `task_folder` only, once the on_child_start functions
  // have run. What these have opened stays open; they must leave no thread behind. Clients in handlers, and
  // forkmill::Pool of this worker, cannot reach a broker then. Needs Linux 5.13 with Landlock, and a user other than
  // root.
  bool sandbox = false;
  // Each task gets an empty folder below this one as its current folder and $TMPDIR, which is removed when the task has
  // ended. Empty: tasks have the worker's current folder; with `sandbox`: a folder in $TMPDIR or /tmp.
  std::string task_folder{};

  // Time from SIGTERM until running tasks are asked to stop. 0: they are asked at once. Not negative.
  std::chrono::milliseconds drain_timeout{30'000};
  // Time from asking a task to stop to SIGTERM, and from there to SIGKILL. A task over its `timeout` gets SIGTERM at
  // once. Not negative.
  std::chrono::milliseconds kill_grace{5'000};

  // Whether children that print wait while the reader of this program's stdout or stderr is slow, as they would without
  // a worker around them. If not, output beyond 1 MiB is dropped and counted, so that no reader can stop the worker.
  bool output_waits = false;

  // Whether handlers and commands get the span of their attempt as the parent in `traceparent` (Context::headers,
  // TRACEPARENT), rather than that of the submitter. For a cluster whose gateway exports these spans: `forkmill web
  // --otlp-endpoint`. A trace that is not sampled, and a header that is no traceparent, stay as they are.
  bool attempt_spans = false;

  // Least severe messages to log: trace, debug, info, warn, error or off.
  std::string log_level = "info";
  // Form of the log: text or json, a line for each message.
  std::string log_format = "text";
  // Name of the file to which the log is appended, in place of stderr; what handlers print stays there. It has mode
  // 0640, less the umask, and is not written through a symbolic link. A file that logrotate moves away is made again.
  std::string log_file{};
  // Maximum size of the file, at least 64 KiB: it becomes FILE.1 then. At most `log_files` files are kept, 1 to 1000.
  std::uint64_t log_size = std::uint64_t{100} * 1024 * 1024;
  std::uint64_t log_files = 5;
};

}  // namespace forkmill
