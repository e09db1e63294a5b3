// WorkerOptions: how a worker runs. A worker's main() takes them from flags, environment and file (Worker{argc, argv});
// a program that embeds a worker fills them in. Plain values: copy freely. Worker's constructor checks them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace forkmill {

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
  // Children of the pool, each of which runs one task at a time; 0 to 4096. 0: as many as CPUs this process may use,
  // by affinity mask and CPU quota.
  unsigned processes = 0;
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

  // Time from SIGTERM until running tasks are asked to stop. 0: they are asked at once. Not negative.
  std::chrono::milliseconds drain_timeout{30'000};
  // Time from asking a task to stop to SIGTERM, and from there to SIGKILL. A task over its `timeout` gets SIGTERM at
  // once. Not negative.
  std::chrono::milliseconds kill_grace{5'000};

  // Whether children that print wait while the reader of this program's stdout or stderr is slow, as they would without
  // a worker around them. If not, output beyond 1 MiB is dropped and counted, so that no reader can stop the worker.
  bool output_waits = false;

  // Least severe messages to log: trace, debug, info, warn, error or off.
  std::string log_level = "info";
  // Form of the log on stderr: text or json, a line for each message.
  std::string log_format = "text";
};

}  // namespace forkmill
