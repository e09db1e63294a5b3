// forkmill as a user has it: broker, pool and client are the real ones.
//
//     bench_forkmill [throughput] [bulk] [latency] [mixed] [map] [inflight] [respawn]   with the options of echo.h and
//     --help
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
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/forkmill/cluster.h"
#include "tests/bench/forkmill/cpu_parts.h"
#include "tests/bench/forkmill/tasks.h"
#include "tests/bench/measure/child.h"
#include "tests/bench/measure/echo.h"
#include "tests/bench/measure/scratch.h"
#include "tests/eventually.h"

namespace {

using namespace forkmill::bench;
using namespace std::chrono_literals;

struct Options : EchoOptions {
  Programs programs;
  std::string data;
  std::string postgres;  // "local" or "standby"; empty: another store
  int shards = 1;
  int queues = 1;
  int sessions = 0;  // worker sessions instead of a pool; 0: a pool
  std::size_t tasks = 1'000'000;
  int deaths = 30;
  bool keys = false;
  bool ipc = false;
};

std::string queue_name(int number) { return "bench-" + std::to_string(number); }

// A client whose tasks go to the queues in turn, or to the one of the pool. Results are taken in the order of
// submission.
class EchoUser final : public EchoClient {
 public:
  EchoUser(const Cluster& cluster, int queues) : client_{cluster.endpoint()} {
    if (queues == 1 && cluster.queue() != "default") queues_.push_back(client_.with({.queue = cluster.queue()}));
    for (int i = 0; i < queues && queues > 1; ++i) queues_.push_back(client_.with({.queue = queue_name(i)}));
  }
  void submit(std::string_view payload) override {
    std::string bytes{payload};
    if (queues_.empty())
      futures_.push_back(client_.submit(kEcho, std::move(bytes)));
    else
      futures_.push_back(queues_[submitted_++ % queues_.size()].submit(kEcho, std::move(bytes)));
  }
  void collect(const Take& take) override {
    const std::string result = std::move(futures_.front()).get();
    futures_.pop_front();
    take(result);
  }

 private:
  forkmill::Client client_;
  std::vector<decltype(std::declval<forkmill::Client&>().with({}))> queues_;
  std::deque<forkmill::Future<std::string>> futures_;
  std::size_t submitted_ = 0;
};

// Starts a pool of real children, or worker sessions in two processes, whose children are played.
Child start_workers(const Cluster& cluster, const Options& options) {
  if (options.sessions > 0) return cluster.sessions(options.sessions, options.queues);
  return cluster.pool(options.workers);
}

void echo(const Options& options) {
  const Cluster cluster{options.programs, options.data,  {}, options.keys, options.postgres,
                        options.ipc,      options.shards};
  const auto workers = start_workers(cluster, options);
  measure_echo(
      options, [&](int) { return std::make_unique<EchoUser>(cluster, options.queues); },
      parts_of_forkmill(cluster.broker_pid()));
}

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

// The throughput with map(): many tasks handed over in one call.
void bulk(const Options& options) {
  const Cluster cluster{options.programs, options.data};
  const auto pool = cluster.pool(options.workers);
  forkmill::Client client{cluster.endpoint()};
  const std::size_t chunk = std::max<std::size_t>(1, options.window / 2);
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < chunk; ++i) payloads.push_back(payload_for(i));

  Meter meter{Seconds{options.warm_up}, Seconds{options.seconds}, parts_of_forkmill(cluster.broker_pid())};
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

// One call of map() over many small numbers, and as many calls of submit(); start of the workers excluded.
void map(const Options& options) {
  const Cluster cluster{options.programs, options.data};
  const auto pool = cluster.pool(options.workers);
  forkmill::ClientOptions settings;
  settings.endpoint = cluster.endpoint();
  settings.max_outstanding = options.tasks;
  forkmill::Client client{settings};
  client.submit(kSquare, 1).get();
  std::vector<std::int64_t> numbers(options.tasks);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto check = [&](std::vector<forkmill::Future<std::int64_t>>& futures) {
    for (std::size_t i = 0; i < futures.size(); ++i) {
      if (std::move(futures[i]).get() != numbers[i] * numbers[i]) throw std::runtime_error{"a wrong square"};
    }
  };
  const auto rate = [&](Clock::time_point start) {
    return static_cast<double>(options.tasks) / Seconds{Clock::now() - start}.count();
  };
  auto start = Clock::now();
  auto mapped = client.map(kSquare, numbers);
  check(mapped);
  report(options.name + "-map.items_per_s", rate(start));
  start = Clock::now();
  std::vector<forkmill::Future<std::int64_t>> submitted;
  submitted.reserve(options.tasks);
  for (const auto number : numbers) submitted.push_back(client.submit(kSquare, number));
  check(submitted);
  report(options.name + "-submit.items_per_s", rate(start));
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

  const auto pool = cluster.pool(options.workers);
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

bool run_echo(const Options& options) {
  return options.wants("throughput") || options.wants("latency") || options.wants("mixed");
}

constexpr std::pair<const char*, void (*)(const Options&)> kFurther[] = {
    {"bulk", &bulk},
    {"map", &map},
    {"inflight", &inflight},
    {"respawn", &respawn},
};

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  options.name = "forkmill";
  std::vector<std::string> names;
  for (const auto& [name, run] : kFurther) names.emplace_back(name);
  CLI::App app{"forkmill's own benchmarks: a broker (in memory unless --data is given), workers, clients"};
  add_echo_options(app, options, names);
  app.add_option("--broker", options.programs.broker, "the broker program");
  app.add_option("--worker", options.programs.worker, "the worker program");
  app.add_option("--data", options.data, "a durable broker, with its store in a new directory in this one");
  app.add_option("--postgres", options.postgres, "the store is a PostgreSQL server, with a standby or without")
      ->check(CLI::IsMember({"local", "standby"}));
  app.add_option("--shards", options.shards, "shards of the tasks, and a queue on all of them; needs --postgres")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--queues", options.queues, "queues that the tasks go to in turn; needs --sessions above 1")
      ->capture_default_str();
  app.add_option("--sessions", options.sessions, "worker sessions whose children are played, instead of a pool");
  app.add_option("--tasks", options.tasks, "tasks of map and inflight")->capture_default_str();
  app.add_option("--deaths", options.deaths, "children that die in respawn")->capture_default_str();
  app.add_flag("--ipc", options.ipc, "a Unix socket instead of TCP for throughput, latency and mixed");
  app.add_flag("--keys", options.keys, "keys for throughput, latency and mixed: connections are encrypted");
  CLI11_PARSE(app, argc, argv);
  if (options.shards > 1 && options.postgres.empty()) throw std::runtime_error{"--shards needs --postgres"};
  if (!options.data.empty()) require_disk(options.data);
  if (run_echo(options)) echo(options);
  for (const auto& [name, run] : kFurther) {
    if (options.wants(name)) run(options);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_forkmill: %s\n", error.what());
  return 1;
}
