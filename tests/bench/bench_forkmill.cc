// forkmill as a user has it: broker, pool and client are the real ones, tasks are submitted one by one.
//
//     bench_forkmill [throughput] [latency] [inflight] [respawn]   with --seconds S --window W --tasks N ... (--help)
#include <forkmill/client.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/child.h"
#include "tests/bench/cluster.h"
#include "tests/bench/measure.h"
#include "tests/bench/numbered.h"
#include "tests/bench/scratch.h"
#include "tests/bench/tasks.h"
#include "tests/eventually.h"

namespace {

using namespace forkmill::bench;
using namespace std::chrono_literals;

struct Options {
  std::vector<std::string> what{"throughput", "latency"};
  Programs programs;
  std::string data;
  std::string name = "forkmill";  // prefix of the figures
  double seconds = 3;
  double warm_up = 1;
  std::size_t window = 10'000;
  int processes = 2;
  int samples = 5'000;
  std::size_t tasks = 1'000'000;
  int deaths = 30;
};

// Numbered tasks of which a window is outstanding; results are taken in the order of submission.
class Stream {
 public:
  explicit Stream(forkmill::Client& client) : client_{client} {}

  void submit() { futures_.push_back(client_.submit(kEcho, payload_for(submitted_++))); }
  void take() {
    expect(std::move(futures_.front()).get(), taken_++);
    futures_.pop_front();
  }
  std::size_t outstanding() const { return futures_.size(); }
  forkmill::Future<std::string>& last() { return futures_.back(); }

 private:
  forkmill::Client& client_;
  std::deque<forkmill::Future<std::string>> futures_;
  std::uint64_t submitted_ = 0;
  std::uint64_t taken_ = 0;
};

void throughput(const Options& options) {
  const Cluster cluster{options.programs, options.data};
  const auto pool = cluster.pool(options.processes);
  forkmill::Client client{cluster.endpoint()};
  Stream stream{client};
  Meter meter{Seconds{options.warm_up}, Seconds{options.seconds}};
  while (!meter.done()) {
    while (stream.outstanding() < options.window) stream.submit();
    stream.take();
    meter.add(1);
  }
  meter.report_as(options.name);
  while (stream.outstanding() > 0) stream.take();
}

// The same with map(): many tasks handed over in one call.
void bulk(const Options& options) {
  const Cluster cluster{options.programs, options.data};
  const auto pool = cluster.pool(options.processes);
  forkmill::Client client{cluster.endpoint()};
  const std::size_t chunk = std::max<std::size_t>(1, options.window / 2);
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < chunk; ++i) payloads.push_back(payload_for(i));

  Meter meter{Seconds{options.warm_up}, Seconds{options.seconds}};
  auto ahead = client.map(kEcho, payloads);
  while (!meter.done()) {
    auto current = std::exchange(ahead, client.map(kEcho, payloads));
    for (std::size_t i = 0; i < current.size(); ++i) {
      expect(std::move(current[i]).get(), i);
      meter.add(1);
    }
  }
  meter.report_as(options.name + "-map");
  for (auto& future : ahead) static_cast<void>(future.get());
}

void latency(const Options& options) {
  const Cluster cluster{options.programs, options.data};
  const auto pool = cluster.pool(options.processes);
  forkmill::Client client{cluster.endpoint()};
  std::uint64_t number = 0;
  measure_latency(options.name, options.samples / 10, options.samples, [&] {
    expect(client.submit(kEcho, payload_for(number)).get(), number);
    ++number;
  });
}

// Submits everything while no worker is there, so that all of it is in flight at once; then a pool works it off.
void inflight(const Options& options) {
  const Cluster cluster{options.programs, options.data};
  forkmill::Client client{cluster.endpoint()};
  const auto client_before = memory_of(getpid());
  const auto broker_before = memory_of(cluster.broker_pid());
  Stream stream{client};
  const auto start = Clock::now();
  while (stream.outstanding() < options.tasks) stream.submit();
  if (!forkmill::tests::eventually([&] { return stream.last().state() != forkmill::FutureState::pending; }))
    throw std::runtime_error{"the last task was not taken"};
  const Seconds submitting = Clock::now() - start;
  const auto count = static_cast<double>(options.tasks);
  report("inflight.submitted_per_s", count / submitting.count());
  const auto client_full = memory_of(getpid());
  const auto broker_full = memory_of(cluster.broker_pid());
  const auto per_task = [&](const Memory& before, const Memory& full) {
    return static_cast<double>(full.rss_kib - before.rss_kib) * 1024 / count;
  };
  report("inflight.client_bytes_per_task", per_task(client_before, client_full));
  report("inflight.broker_bytes_per_task", per_task(broker_before, broker_full));

  const auto pool = cluster.pool(options.processes);
  const auto working = Clock::now();
  while (stream.outstanding() > 0) stream.take();
  report("inflight.drained_per_s", count / Seconds{Clock::now() - working}.count());
  report("inflight.client_peak_mib", static_cast<double>(memory_of(getpid()).peak_kib) / 1024);
  report("inflight.broker_peak_mib", static_cast<double>(memory_of(cluster.broker_pid()).peak_kib) / 1024);
  report("inflight.lost", 0);  // every take() above got its own task's result
}

std::int64_t time_of_death(const std::string& path) {
  std::int64_t at = 0;
  std::ifstream{path} >> at;
  return at;
}

// From the last instruction of a child that kills itself to the first of the next task, in the child that follows it.
void respawn(const Options& options) {
  const Cluster cluster{options.programs, options.data};
  const auto pool = cluster.pool(1);
  forkmill::Client client{cluster.endpoint()};
  const auto path = std::filesystem::temp_directory_path() / ("forkmill-bench-" + std::to_string(getpid()));
  std::vector<double> samples;
  for (int i = 0; i < options.deaths; ++i) {
    client.submit(kNow).get();
    auto death = client.with({.max_attempts = 1}).submit(kDie, path.string());
    auto next = client.submit(kNow);
    const auto alive_again = next.get_for(30s);
    samples.push_back(static_cast<double>(alive_again - time_of_death(path)) / 1e6);
    death.wait();
  }
  std::filesystem::remove(path);
  const auto result = quantiles(std::move(samples));
  report("respawn.p50_ms", result.p50);
  report("respawn.max_ms", result.max);
}

constexpr std::pair<const char*, void (*)(const Options&)> kBenchmarks[] = {
    {"throughput", &throughput}, {"bulk", &bulk}, {"latency", &latency}, {"inflight", &inflight}, {"respawn", &respawn},
};

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  std::vector<std::string> names;
  for (const auto& [name, run] : kBenchmarks) names.emplace_back(name);
  CLI::App app{"forkmill's own benchmarks: a broker (in memory unless --data is given), a pool, one client"};
  app.add_option("what", options.what, "throughput, bulk, latency, inflight, respawn")->check(CLI::IsMember(names));
  app.add_option("--broker", options.programs.broker, "the broker program");
  app.add_option("--worker", options.programs.worker, "the worker program");
  app.add_option("--data", options.data, "a durable broker, with its store in a new directory in this one");
  app.add_option("--name", options.name, "prefix of the figures of throughput, bulk and latency")
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "measuring time of throughput and bulk")->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "seconds before it")->capture_default_str();
  app.add_option("--window", options.window, "tasks outstanding")->capture_default_str();
  app.add_option("--processes", options.processes, "children of the pool")->capture_default_str();
  app.add_option("--samples", options.samples, "round trips of the latency")->capture_default_str();
  app.add_option("--tasks", options.tasks, "tasks of inflight")->capture_default_str();
  app.add_option("--deaths", options.deaths, "children that die in respawn")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (!options.data.empty()) require_disk(options.data);
  for (const auto& [name, run] : kBenchmarks) {
    if (std::ranges::find(options.what, name) != options.what.end()) run(options);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_forkmill: %s\n", error.what());
  return 1;
}
