// Echo: what all systems are measured with. Clients submit numbered payloads and workers send them back; the numbers
// show a result that is lost, comes twice or belongs to another task, and the bytes one that is wrong. A system only
// says how a client submits and collects (EchoClient); windows, clients, clocks and checks are the same for all.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/measure/measure.h"
#include "tests/bench/measure/numbered.h"

namespace forkmill::bench {

struct EchoOptions {
  std::vector<std::string> what{"throughput", "latency"};
  std::string name;  // prefix of the figures
  double seconds = 3;
  double warm_up = 1;
  std::uint64_t window = 10'000;  // tasks outstanding, over all clients
  std::size_t bytes = kEchoBytes;
  int workers = 2;
  int clients = 1;
  int samples = 5'000;
  int long_ms = 100;

  bool wants(std::string_view measurement) const;
};

// Adds the options to the command line. `measurements`: the values of WHAT, those of measure_echo() and further ones.
void add_echo_options(CLI::App& app, EchoOptions& options, const std::vector<std::string>& further = {});

// The client of one system. One thread.
class EchoClient {
 public:
  using Take = std::function<void(std::string_view payload)>;
  virtual ~EchoClient() = default;
  // Queues a task; it may leave with the next collect().
  virtual void submit(std::string_view payload) = 0;
  // Blocks until there is at least one result, and calls `take` for each one that is there.
  virtual void collect(const Take& take) = 0;
};

// Connects the client with that number, from 0.
using Connect = std::function<std::unique_ptr<EchoClient>(int number)>;

// Measures and reports each of these that is wanted:
//   throughput  NAME.tasks_per_s, NAME.cpu_us_per_task, NAME.cpu_us.PART; with several clients, each is a process
//   latency     one task at a time: NAME.p50_us, NAME.p99_us
//   mixed       the same while another client keeps all workers but one busy with tasks of long_ms
// Calls fork(): the process must have no threads. Throws std::runtime_error, also when a result is wrong.
void measure_echo(const EchoOptions& options, const Connect& connect, const CpuParts& parts);

}  // namespace forkmill::bench
