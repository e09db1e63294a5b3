// Costs of closed doors: throughput under floods, and the time for rights.
//
//     bench_security flood NAME [--seconds S]    honest throughput alone, beside a flood of tests/hostile, and beside a
//                                                process that uses as much processor time as the flood did
//     bench_security rights                      time per task to check its rights and quotas
#include <forkmill/client.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <deque>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "tests/bench/forkmill/cluster.h"
#include "tests/bench/forkmill/tasks.h"
#include "tests/bench/measure/measure.h"
#include "tests/bench/measure/numbered.h"
#include "tests/bench/measure/scratch.h"
#include "tests/cost/rights_sample.h"

namespace {

using namespace forkmill::bench;

struct Options {
  std::string what;
  std::string flood;
  double seconds = 3;
  double warm_up = 1;
};

constexpr std::size_t kWindow = 2'000;        // honest tasks outstanding
constexpr std::size_t kMemoryLimitMib = 512;  // for the broker

// Honest traffic: echo tasks, a window of which is outstanding. Each result is checked.
class Traffic {
 public:
  explicit Traffic(const std::string& endpoint) : client_{endpoint} {}

  // Returns the tasks a second over that time.
  double run(double seconds) {
    const auto begin = Clock::now();
    std::uint64_t done = 0;
    double passed = 0;
    for (; passed < seconds; passed = Seconds{Clock::now() - begin}.count()) {
      while (futures_.size() < kWindow) futures_.push_back(client_.submit(kEcho, payload_for(submitted_++)));
      for (std::size_t i = 0; i < kWindow / 4; ++i) {
        expect(std::move(futures_.front()).get(), taken_++);
        futures_.pop_front();
        ++done;
      }
    }
    return static_cast<double>(done) / passed;
  }

 private:
  forkmill::Client client_;
  std::deque<forkmill::Future<std::string>> futures_;
  std::uint64_t submitted_ = 0;
  std::uint64_t taken_ = 0;
};

// A broker program that writes its log to a file.
class LoggedBroker {
 public:
  LoggedBroker() {
    std::ofstream{program()} << "#!/bin/sh\nexec " << Programs{}.broker << " \"$@\" 2>>" << log() << "\n";
    ::chmod(program().c_str(), S_IRWXU);
  }
  std::string program() const { return scratch_.path("broker"); }
  std::size_t lines() const {
    std::ifstream file{log()};
    return static_cast<std::size_t>(
        std::count(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}, '\n'));
  }

 private:
  std::string log() const { return scratch_.path("log"); }

  Scratch scratch_{""};
};

// Quotas belong to keys. Peers without keys are the ones that most floods are about.
bool needs_keys(const std::string& flood) { return flood == "submits" || flood == "names"; }

void flood(const Options& options) {
  const LoggedBroker logged;
  Programs programs;
  programs.broker = logged.program();
  const Cluster cluster{programs,
                        "",
                        {"--log-level", "info", "--memory-limit", std::to_string(kMemoryLimitMib) + "MiB"},
                        needs_keys(options.flood)};
  const auto pool = cluster.pool(2);
  Traffic traffic{cluster.endpoint()};
  static_cast<void>(traffic.run(options.warm_up));
  const double alone = traffic.run(options.seconds);

  double beside_flood = 0;
  double share = 0;
  double lines = 0;
  {
    const auto hostile = cluster.hostile(options.flood);
    static_cast<void>(traffic.run(options.warm_up));
    const double used = cpu_seconds_of_tree(hostile.pid());
    const std::size_t logged_before = logged.lines();
    const auto begin = Clock::now();
    beside_flood = traffic.run(options.seconds);
    const double passed = Seconds{Clock::now() - begin}.count();
    share = (cpu_seconds_of_tree(hostile.pid()) - used) / passed;
    lines = static_cast<double>(logged.lines() - logged_before) / passed;
  }
  double beside_burner = 0;
  {
    const auto burner = cluster.burner(share);
    static_cast<void>(traffic.run(options.warm_up));
    beside_burner = traffic.run(options.seconds);
  }
  report(options.flood + ".alone_per_s", alone);
  report(options.flood + ".beside_flood_per_s", beside_flood);
  report(options.flood + ".beside_burner_per_s", beside_burner);
  report(options.flood + ".flood_cpu", share);
  report(options.flood + ".kept", beside_flood / beside_burner);
  report(options.flood + ".broker_peak_mib", static_cast<double>(memory_of(cluster.broker_pid()).peak_kib) / 1024);
  report(options.flood + ".broker_limit_mib", static_cast<double>(kMemoryLimitMib));
  report(options.flood + ".log_lines_per_s", lines);
}

// All that is asked of the rights and quotas of a task that is taken in. The cost ring counts the same.
void rights() {
  constexpr int kTasks = 5'000'000;
  forkmill::cost::RightsSample sample;
  const auto begin = Clock::now();
  for (int i = 0; i < kTasks; ++i) sample.submit();
  const Seconds taken = Clock::now() - begin;
  report("rights.ns_per_task", 1e9 * taken.count() / kTasks);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures what closed doors cost, and what floods leave to others."};
  app.add_option("WHAT", options.what, "flood or rights")->required()->check(CLI::IsMember({"flood", "rights"}));
  app.add_option("FLOOD", options.flood, "A flood of forkmill-hostile --help");
  app.add_option("--seconds", options.seconds, "Measuring time of each of three parts")->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "Time before each of them")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    options.what == "rights" ? rights() : flood(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_security: %s\n", error.what());
    return 1;
  }
}
