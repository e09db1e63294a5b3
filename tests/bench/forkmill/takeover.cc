// How long users wait when the owner of a PostgreSQL store with a synchronous standby is killed:
//
//     bench_takeover --data DIR --rounds N
//
// Two brokers stand by for each other. In each round tasks are submitted without a pause until the owner is killed.
// Then some more are submitted, which wait for the next owner, and the time runs until the first of these has its
// result, and until all tasks of the round have theirs. Each result is checked; a task that has none is lost.
#include <forkmill/client.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/forkmill/cluster.h"
#include "tests/bench/forkmill/tasks.h"
#include "tests/bench/measure/numbered.h"
#include "tests/eventually.h"

namespace {

using namespace forkmill::bench;
using namespace std::chrono_literals;

struct Options {
  Programs programs;
  std::string data;
  int rounds = 10;
  std::size_t tasks = 10'000;  // submitted in each round before the kill
  int processes = 2;
};

class Brokers {
 public:
  explicit Brokers(const Options& options) : program_{options.programs.broker}, database_{options.data, true} {
    while (ports_[1] == ports_[0]) ports_[1] = free_port();
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      start(i);
      await(i, i == owner_ ? "listening on" : "standing by");
    }
  }

  std::string endpoints() const { return endpoint(0) + "," + endpoint(1); }
  void kill_owner() {
    brokers_.at(owner_)->kill();
    owner_ = 1 - owner_;
  }
  // After kill_owner(): the one that was killed stands by for the one that has taken over.
  void make_whole() {
    await(owner_, "listening on");
    start(1 - owner_);
    await(1 - owner_, "standing by");
  }

 private:
  std::string endpoint(std::size_t broker) const { return "tcp://127.0.0.1:" + std::to_string(ports_.at(broker)); }
  std::string log(std::size_t broker) const { return logs_.path("broker-" + std::to_string(broker)); }

  void start(std::size_t broker) {
    std::string command = "exec " + program_ + " --insecure --listen " + endpoint(broker);
    for (const std::string& word : database_.broker_arguments()) command += " " + word;
    brokers_.at(broker).reset();
    brokers_.at(broker) = std::make_unique<Child>(Child::program({"sh", "-c", command + " 2>" + log(broker)}));
  }

  void await(std::size_t broker, const std::string& text) const {
    const bool said = forkmill::tests::eventually(
        [&] {
          std::ifstream file{log(broker)};
          return std::string{std::istreambuf_iterator<char>{file}, {}}.find(text) != std::string::npos;
        },
        60s);
    if (!said) throw std::runtime_error{"no broker says '" + text + "' within a minute"};
  }

  const std::string program_;
  Postgres database_;
  Scratch logs_{""};
  std::array<int, 2> ports_{free_port(), free_port()};
  std::array<std::unique_ptr<Child>, 2> brokers_;
  std::size_t owner_ = 0;
};

// Tasks with numbers, which their results must have too.
class Tasks {
 public:
  explicit Tasks(const std::string& endpoints) : client_{endpoints} {}

  void submit(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) futures_.push_back(client_.submit(kEcho, payload_for(next_++)));
  }
  // Waits until one of the last `count` tasks has its result.
  void await_one_of_last(std::size_t count) const {
    const auto is_ready = [](const auto& future) { return future.ready(); };
    const auto last = futures_.end() - static_cast<std::ptrdiff_t>(count);
    if (!forkmill::tests::eventually([&] { return std::any_of(last, futures_.end(), is_ready); }, kPatience))
      throw std::runtime_error{"no result a minute after the owner was killed"};
  }
  // Waits for all results, checks them, and returns how many tasks have none.
  std::size_t finish() {
    std::size_t lost = 0;
    std::uint64_t number = next_ - futures_.size();
    for (auto& future : futures_) {
      try {
        expect(future.get_for(kPatience), number++);
      } catch (const forkmill::Error& error) {
        std::fprintf(stderr, "bench_takeover: a task has no result: %s\n", error.what());
        ++lost;
      }
    }
    futures_.clear();
    return lost;
  }

 private:
  static constexpr auto kPatience = 60s;
  forkmill::Client client_;
  std::vector<forkmill::Future<std::string>> futures_;
  std::uint64_t next_ = 0;
};

void measure(const Options& options) {
  constexpr std::size_t kWaiting = 100;
  Brokers brokers{options};
  const auto pool = start_pool(options.programs, brokers.endpoints(), options.processes, "default");
  Tasks tasks{brokers.endpoints()};
  std::vector<double> first;
  std::vector<double> all;
  std::size_t lost = 0;
  for (int round = 0; round < options.rounds; ++round) {
    tasks.submit(options.tasks);
    tasks.await_one_of_last(options.tasks);
    const auto killed = Clock::now();
    brokers.kill_owner();
    tasks.submit(kWaiting);
    tasks.await_one_of_last(kWaiting);
    first.push_back(Seconds{Clock::now() - killed}.count());
    lost += tasks.finish();
    all.push_back(Seconds{Clock::now() - killed}.count());
    std::fprintf(stderr, "takeover %d of %d: %.2f s to the first result, %.2f s to all\n", round + 1, options.rounds,
                 first.back(), all.back());
    brokers.make_whole();
  }
  report("takeover.rounds", options.rounds);
  report("takeover.first_p50_s", quantiles(first).p50);
  report("takeover.first_max_s", quantiles(first).max);
  report("takeover.all_max_s", quantiles(all).max);
  report("takeover.lost", static_cast<double>(lost));
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"how long users wait when the owner of a PostgreSQL store is killed"};
  app.add_option("--broker", options.programs.broker, "the broker program");
  app.add_option("--worker", options.programs.worker, "the worker program");
  app.add_option("--data", options.data, "where the servers' new directories are made")->required();
  app.add_option("--rounds", options.rounds, "how often the owner is killed")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--tasks", options.tasks, "tasks that are submitted in each round before that")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--processes", options.processes, "children of the pool")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  require_disk(options.data);
  measure(options);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_takeover: %s\n", error.what());
  return 1;
}
