// A durable broker that is killed while results come in, and started again on its store: every future has its result.
//
//     forkmill_restart_test                                     as the tests run it
//     forkmill_restart_test --futures 100000 --rounds 10 --within 2   as a benchmark, which also asserts on time
//
// All rounds use the same store of the broker and the same client. In each, `futures` tasks and a random number more
// are submitted in bulk before a pool starts. The broker is killed as soon as that random number of results has
// arrived, so that about `futures` are outstanding.
#include <forkmill/client.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/forkmill/cluster.h"
#include "tests/bench/forkmill/tasks.h"
#include "tests/bench/measure/child.h"
#include "tests/bench/measure/measure.h"
#include "tests/bench/measure/numbered.h"
#include "tests/eventually.h"

namespace {

using namespace forkmill::bench;
using namespace std::chrono_literals;
using Futures = std::vector<forkmill::Future<std::string>>;

constexpr auto kLongest = 120s;

struct Options {
  Programs programs;
  std::string data;
  std::size_t futures = 20'000;
  int rounds = 3;
  int processes = 2;
  std::uint64_t seed = std::random_device{}();
  double within = 0;  // seconds; 0: as long as it takes
};

std::size_t ready_in(const Futures& futures) {
  return static_cast<std::size_t>(std::ranges::count_if(futures, [](const auto& one) { return one.ready(); }));
}

// Throws std::runtime_error after very long.
template <class F>
void await(const std::string& what, F&& holds) {
  if (!forkmill::tests::eventually(holds, kLongest)) throw std::runtime_error{"waited in vain for " + what};
}

// Until what the client received before the broker's end has reached its futures. Returns how many are ready.
std::size_t settled(const Futures& futures) {
  std::size_t ready = ready_in(futures);
  auto quiet_since = Clock::now();
  await("quiet", [&] {
    if (const auto before = std::exchange(ready, ready_in(futures)); before != ready) quiet_since = Clock::now();
    return Clock::now() - quiet_since >= 50ms;
  });
  return ready;
}

class Test {
 public:
  explicit Test(const Options& options)
      : options_{options},
        cluster_{options.programs,
                 options.data.empty() ? std::filesystem::temp_directory_path().string() : options.data},
        client_{cluster_.endpoint()},
        random_{options.seed} {}

  void round(int number) {
    const auto early = std::uniform_int_distribution<std::size_t>{1, options_.futures}(random_);
    auto futures = submit(options_.futures + early);
    const auto pool = cluster_.pool(options_.processes);
    await("results", [&] { return ready_in(futures) >= early; });
    cluster_.kill_broker();
    const auto ready = settled(futures);

    const auto start = Clock::now();
    cluster_.start_broker();
    if (ready < futures.size()) await("a result after the restart", [&] { return ready_in(futures) > ready; });
    const Seconds first = Clock::now() - start;
    check(futures);
    const Seconds all = Clock::now() - start;
    std::fprintf(
        stderr, "round %d: killed with %zu results outstanding; the first came after %.0f ms, the last after %.0f ms\n",
        number, futures.size() - ready, first.count() * 1e3, all.count() * 1e3);
    report("restart.first_ms", first.count() * 1e3);
    report("restart.all_ms", all.count() * 1e3);
    if (options_.within > 0 && first.count() > options_.within) throw std::runtime_error{"the first result was late"};
  }

 private:
  Futures submit(std::size_t count) {
    std::vector<std::string> payloads;
    for (std::size_t i = 0; i < count; ++i) payloads.push_back(payload_for(i));
    return client_.map(kEcho, payloads);
  }
  static void check(Futures& futures) {
    for (std::size_t i = 0; i < futures.size(); ++i) expect(futures[i].get_for(kLongest), i);
  }

  const Options& options_;
  Cluster cluster_;
  forkmill::Client client_;
  std::mt19937_64 random_;
};

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"a durable broker killed with futures outstanding"};
  app.add_option("--broker", options.programs.broker, "the broker program");
  app.add_option("--worker", options.programs.worker, "the worker program");
  app.add_option("--data", options.data, "where the new directory of the store is made");
  app.add_option("--futures", options.futures, "outstanding when the broker is killed")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--rounds", options.rounds, "how often it is killed")->capture_default_str();
  app.add_option("--processes", options.processes, "children of the pool")->capture_default_str();
  app.add_option("--seed", options.seed, "of the moments at which it is killed; random without");
  app.add_option("--within", options.within, "fail when the first result takes longer, in seconds");
  CLI11_PARSE(app, argc, argv);
  std::fprintf(stderr, "seed %llu\n", static_cast<unsigned long long>(options.seed));
  Test test{options};
  for (int i = 1; i <= options.rounds; ++i) test.round(i);
  std::fprintf(stderr, "%d passed, 0 failed\n", options.rounds);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "FAILED: %s\n", error.what());
  return 1;
}
