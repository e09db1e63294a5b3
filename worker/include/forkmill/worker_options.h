// WorkerOptions: how a worker runs. A program normally takes them from its flags, environment and file
// (Worker{argc, argv}); one that embeds a worker fills them in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace forkmill {

struct WorkerOptions {
  std::string broker = "tcp://127.0.0.1:7117";  // ZeroMQ endpoint: tcp://HOST:PORT or ipc://PATH
  unsigned processes = 0;                       // children; 0: as many as CPUs this process may use
  unsigned max_processes = 1024;                // beyond these, each forked for one task that asks for it; 0: none
  std::vector<std::string> queues = {"default"};
  std::string name;  // as shown by `forkmill worker ls`; empty: HOST-PID

  std::uint64_t max_tasks_per_child = 0;   // a child leaves after that many and a fresh one takes its place; 0: never
  std::uint64_t max_memory_per_child = 0;  // bytes resident, looked at after each task; 0: no limit

  std::chrono::milliseconds drain_timeout{30'000};  // how long SIGTERM waits for running tasks
  std::chrono::milliseconds kill_grace{5'000};      // from the soft stop to SIGTERM, and from there to SIGKILL

  std::string log_level = "info";   // trace, debug, info, warn, error, off
  std::string log_format = "text";  // text or json; to stderr
};

}  // namespace forkmill
