// Large numbers of tasks through one broker: how much a backlog costs, and whether anything grows with time.
//
//     bench_backlog backlog --data DIR   with --tasks N
//     bench_backlog steady --data DIR    with --tasks N --window W
//
// backlog: N tasks are submitted with no worker there, by one client after the other. As soon as the broker has
// acknowledged a client's tasks, their futures are dropped and the client is closed, since no program holds ten million
// futures; the results are kept for --result-ttl after their tasks' end, and only a sample is fetched, which
// another client attaches to and checks. Then the broker is killed and started again on its store (when it has one),
// and a pool works everything off; the broker counts. The rate is compared with that of a small backlog on a fresh
// broker.
//
// steady: N tasks of which a window is outstanding, every result fetched and checked.
#include <forkmill/client.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/bench/forkmill/accepted.h"
#include "tests/bench/forkmill/cluster.h"
#include "tests/bench/forkmill/tasks.h"
#include "tests/bench/measure/child.h"
#include "tests/bench/measure/measure.h"
#include "tests/bench/measure/numbered.h"
#include "tests/bench/measure/scratch.h"

namespace {

using namespace forkmill::bench;
using namespace std::chrono_literals;

constexpr std::size_t kSlices = 20;  // 5 % each
constexpr std::size_t kChunk = 5'000;

struct Options {
  std::string what = "backlog";
  Programs programs;
  std::string data;
  std::string postgres;   // "local" or "standby"; empty: another store
  std::size_t tasks = 0;  // 0: the default of what is measured
  std::size_t window = 10'000;
  std::size_t small = 10'000;  // the backlog to compare with
  std::size_t sample = 1'000;
  int small_runs = 5;
  int processes = 2;
  int result_ttl_ms = 1'000;
};

std::vector<std::string> broker_arguments(const Options& options) {
  return {"--queue-max-tasks", std::to_string(2 * options.tasks + 1'000'000), "--queue-max-bytes", "64G"};
}

double mib(std::size_t kib) { return static_cast<double>(kib) / 1024; }

struct Progress {
  std::uint64_t succeeded = 0;
  std::uint64_t otherwise = 0;  // failed, cancelled, expired
  std::uint64_t left = 0;       // scheduled, ready, running
};

// Tasks that the broker has finished since its start.
Progress progress_of(forkmill::Client& client) {
  const std::string body = client.query(forkmill::QueryKind::status).get().bytes;
  const auto handle = msgpack::unpack(body.data(), body.size());
  Progress progress;
  for (const auto& [key, value] : handle.get().as<std::map<std::string, msgpack::object>>()) {
    if (key != "tasks") continue;
    for (const auto& [state, count] : value.as<std::map<std::string, std::uint64_t>>()) {
      if (state == "succeeded") progress.succeeded = count;
      if (state == "failed" || state == "cancelled" || state == "expired") progress.otherwise += count;
      if (state == "scheduled" || state == "ready" || state == "running") progress.left += count;
    }
  }
  return progress;
}

struct Sampled {
  forkmill::TaskId id;
  std::uint64_t number = 0;
};

// Submits tasks numbered from `first` and returns when all are acknowledged; appends a task to `sampled` every so
// often.
void submit_slice(const Cluster& cluster, const Options& options, std::uint64_t first, std::size_t count,
                  std::size_t every, std::vector<Sampled>& sampled) {
  forkmill::ClientOptions settings;
  settings.endpoint = cluster.endpoint();
  settings.max_outstanding = count;
  forkmill::Client client{settings};
  const auto submitter = client.with({.result_ttl = std::chrono::milliseconds{options.result_ttl_ms}});
  Futures futures;
  for (std::size_t done = 0; done < count;) {
    std::vector<std::string> payloads;
    for (std::size_t i = done; i < count && payloads.size() < kChunk; ++i) payloads.push_back(payload_for(first + i));
    auto made = submitter.map(kEcho, payloads);
    for (std::size_t i = 0; i < made.size(); ++i) {
      const auto number = first + done + i;
      if (number % every == 0) sampled.push_back({made[i].id(), number});
      futures.push_back(std::move(made[i]));
    }
    done += payloads.size();
    await_accepted(futures, 10 * kChunk);
  }
  await_accepted(futures, 0);
}

// Lets a pool work off `count` tasks, and returns how many it did in a second, from the first that the broker counts to
// the last.
double drain(const Cluster& cluster, const Options& options, std::size_t count) {
  forkmill::Client client{cluster.endpoint()};
  const auto before = progress_of(client);
  const auto pool = cluster.pool(options.processes);
  Progress now = before;
  auto start = Clock::now();
  auto busy_at = start;
  std::uint64_t at_start = 0;
  while (now.succeeded - before.succeeded < count) {
    std::this_thread::sleep_for(1ms);
    now = progress_of(client);
    if (now.otherwise > before.otherwise) throw std::runtime_error{"a task of the backlog did not succeed"};
    if (now.left > 0) busy_at = Clock::now();
    if (Clock::now() - busy_at > 10s) throw std::runtime_error{"tasks of the backlog were lost"};
    if (at_start == 0 && now.succeeded > before.succeeded) {
      start = Clock::now();
      at_start = now.succeeded - before.succeeded;
    }
  }
  return static_cast<double>(count - at_start) / Seconds{Clock::now() - start}.count();
}

// The same for a backlog that any broker holds with ease: the median of several.
double drain_small(const Options& options) {
  std::vector<double> rates;
  for (int i = 0; i < options.small_runs; ++i) {
    const Cluster cluster{options.programs, options.data, broker_arguments(options), false, options.postgres};
    std::vector<Sampled> ignored;
    submit_slice(cluster, options, 0, options.small, options.small, ignored);
    rates.push_back(drain(cluster, options, options.small));
  }
  return quantiles(std::move(rates)).p50;
}

void submit_all(const Cluster& cluster, const Options& options, std::vector<Sampled>& sampled) {
  const auto every = std::max<std::size_t>(1, options.tasks / options.sample);
  const auto before = memory_of(cluster.broker_pid());
  std::vector<double> rates;
  const auto start = Clock::now();
  for (std::size_t slice = 0; slice < kSlices; ++slice) {
    const auto first = options.tasks * slice / kSlices;
    const auto count = options.tasks * (slice + 1) / kSlices - first;
    const auto begin = Clock::now();
    submit_slice(cluster, options, first, count, every, sampled);
    rates.push_back(static_cast<double>(count) / Seconds{Clock::now() - begin}.count());
    std::fprintf(stderr, "backlog %zu%%: %.0f tasks/s, broker %.0f MiB, store %.0f MiB\n", 5 * (slice + 1),
                 rates.back(), mib(memory_of(cluster.broker_pid()).rss_kib),
                 static_cast<double>(cluster.bytes_on_disk()) / 1048576);
  }
  const auto count = static_cast<double>(options.tasks);
  const auto full = memory_of(cluster.broker_pid());
  report("backlog.submitted_per_s", count / Seconds{Clock::now() - start}.count());
  report("backlog.submit_first_per_s", rates.front());
  report("backlog.submit_last_per_s", rates.back());
  report("backlog.submit_slowest_per_s", *std::ranges::min_element(rates));
  report("backlog.memory_bytes_per_task", static_cast<double>(full.rss_kib - before.rss_kib) * 1024 / count);
  report("backlog.disk_bytes_per_task", static_cast<double>(cluster.bytes_on_disk()) / count);
  report("backlog.full_rss_mib", mib(full.rss_kib));
  report("backlog.full_peak_mib", mib(full.peak_kib));
}

// From the start of the program to its first answer.
void restart(Cluster& cluster) {
  cluster.kill_broker();
  const auto start = Clock::now();
  cluster.start_broker();
  forkmill::Client client{cluster.endpoint()};
  static_cast<void>(client.query(forkmill::QueryKind::ping).get());
  report("backlog.restart_s", Seconds{Clock::now() - start}.count());
  report("backlog.restart_rss_mib", mib(memory_of(cluster.broker_pid()).rss_kib));
  report("backlog.restart_peak_mib", mib(memory_of(cluster.broker_pid()).peak_kib));
}

void backlog(const Options& options) {
  Cluster cluster{options.programs, options.data, broker_arguments(options), false, options.postgres};
  std::vector<Sampled> sampled;
  submit_all(cluster, options, sampled);
  if (cluster.durable()) restart(cluster);

  forkmill::Client checker{cluster.endpoint()};
  std::vector<forkmill::Future<std::string>> results;
  results.reserve(sampled.size());
  for (const auto& one : sampled) results.push_back(checker.attach(kEcho, one.id));
  static_cast<void>(checker.query(forkmill::QueryKind::ping).get());  // the broker has them before a worker comes
  const double rate = drain(cluster, options, options.tasks);
  for (std::size_t i = 0; i < results.size(); ++i) expect(results[i].get_for(60s), sampled[i].number);
  report("backlog.checked", static_cast<double>(results.size()));
  report("backlog.drained_per_s", rate);
  report("backlog.drain_peak_mib", mib(memory_of(cluster.broker_pid()).peak_kib));
  report("backlog.small_drained_per_s", drain_small(options));
}

// The largest of the second half beside the largest of the first.
void report_growth(const std::string& key, const std::vector<double>& samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  report(key + "_first_half", *std::max_element(samples.begin(), middle));
  report(key + "_last_half", *std::max_element(middle, samples.end()));
}

void steady(const Options& options) {
  const Cluster cluster{options.programs, options.data, broker_arguments(options), false, options.postgres};
  const auto pool = cluster.pool(options.processes);
  forkmill::Client client{cluster.endpoint()};
  Futures futures;
  std::vector<double> memory;
  std::vector<double> disk;
  const auto start = Clock::now();
  for (std::size_t submitted = 0, taken = 0; taken < options.tasks; ++taken) {
    while (submitted < options.tasks && futures.size() < options.window)
      futures.push_back(client.submit(kEcho, payload_for(submitted++)));
    expect(std::move(futures.front()).get(), taken);
    futures.pop_front();
    if ((taken + 1) * kSlices / options.tasks == memory.size()) continue;
    memory.push_back(mib(memory_of(cluster.broker_pid()).rss_kib));
    disk.push_back(static_cast<double>(cluster.bytes_on_disk()) / 1048576);
    std::fprintf(stderr, "steady %zu%%: broker %.1f MiB, store %.1f MiB\n", 100 / kSlices * memory.size(),
                 memory.back(), disk.back());
  }
  report("steady.tasks_per_s", static_cast<double>(options.tasks) / Seconds{Clock::now() - start}.count());
  report_growth("steady.rss_mib", memory);
  report_growth("steady.disk_mib", disk);
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"a large backlog, or a long stream of tasks, on one broker (in memory unless --data is given)"};
  app.add_option("what", options.what, "backlog or steady")->check(CLI::IsMember({"backlog", "steady"}));
  app.add_option("--broker", options.programs.broker, "the broker program");
  app.add_option("--worker", options.programs.worker, "the worker program");
  app.add_option("--data", options.data, "a durable broker, with its store in a new directory in this one");
  app.add_option("--postgres", options.postgres, "the store is a PostgreSQL server, with a standby or without")
      ->check(CLI::IsMember({"local", "standby"}));
  app.add_option("--tasks", options.tasks, "tasks (10,000,000 for backlog, 5,000,000 for steady)")
      ->check(CLI::Range(1'000, 1'000'000'000));
  app.add_option("--window", options.window, "tasks outstanding in steady")->capture_default_str();
  app.add_option("--small", options.small, "tasks of the backlog to compare with")->capture_default_str();
  app.add_option("--small-runs", options.small_runs, "how often that is measured")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--sample", options.sample, "results that are fetched and checked")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--result-ttl", options.result_ttl_ms, "milliseconds that results of the backlog are kept")
      ->capture_default_str();
  app.add_option("--processes", options.processes, "children of the pool")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const bool is_backlog = options.what == "backlog";
  if (options.tasks == 0) options.tasks = is_backlog ? 10'000'000 : 5'000'000;
  if (!options.data.empty()) require_disk(options.data);
  is_backlog ? backlog(options) : steady(options);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_backlog: %s\n", error.what());
  return 1;
}
