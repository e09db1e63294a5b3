// forkmill_sim: whole clusters from seeds. See README.md.
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "tests/sim/cluster.h"

namespace {

using namespace forkmill::sim;

struct Arguments {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 100;
  std::uint64_t seed = 0;
  std::uint64_t twice = 50;
  bool verbose = false;
};

std::uint64_t current_seed = 0;

// An assertion of the rules failed: the seed is all that one needs to see it again.
void on_abort(int) {
  char text[80];
  const int size = std::snprintf(text, sizeof text, "seed %llu aborted; replay it with --seed\n",
                                 static_cast<unsigned long long>(current_seed));
  if (::write(STDERR_FILENO, text, static_cast<std::size_t>(size)) < 0) _exit(2);
}

double cpu_seconds() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

// False: it failed, and that has been said.
bool run(std::uint64_t seed, bool replay, bool again, Counts& total) {
  current_seed = seed;
  const Options options = draw(seed);
  if (replay) std::printf("seed %llu\n%s", static_cast<unsigned long long>(seed), to_string(options).c_str());
  try {
    const Report report = simulate(options, replay);
    total += report.counts;
    // A replay also traces what goes to nobody.
    if (again && !replay && simulate(options, false).trace != report.trace)
      throw Violation{"invariant 15: run twice, it went two ways"};
    if (!replay) return true;
    std::printf("seed %llu: trace %016llx, %llu events in %.1f s of virtual time\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(report.trace),
                static_cast<unsigned long long>(report.events), static_cast<double>(report.virtual_time.count()) / 1e6);
    return true;
  } catch (const Violation& violation) {
    std::printf("seed %llu FAILED: %s\n%s", static_cast<unsigned long long>(seed), violation.what(),
                to_string(options).c_str());
    return false;
  }
}

int run_all(const Arguments& arguments) {
  const double began = cpu_seconds();
  const bool replay = arguments.seed != 0;
  const std::uint64_t first = replay ? arguments.seed : arguments.first_seed;
  const std::uint64_t count = replay ? 1 : arguments.seeds;
  Counts total;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const bool again = arguments.twice != 0 && (seed - first) % arguments.twice == 0;
    if (!run(seed, replay || arguments.verbose, again, total)) ++failed;
  }
  const double spent = cpu_seconds() - began;
  std::printf(
      "%llu seeds, %llu failed; %llu tasks: %llu acknowledged, %llu succeeded, %llu failed, %llu unknown, %llu lost; "
      "%llu executions, %llu of them repeated; %.0f tasks per CPU second\n",
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(failed),
      static_cast<unsigned long long>(total.submitted), static_cast<unsigned long long>(total.acknowledged),
      static_cast<unsigned long long>(total.succeeded), static_cast<unsigned long long>(total.failed),
      static_cast<unsigned long long>(total.unknown), static_cast<unsigned long long>(total.lost),
      static_cast<unsigned long long>(total.executions), static_cast<unsigned long long>(total.repeated),
      static_cast<double>(total.submitted) / spent);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Simulates whole forkmill clusters, each from one seed, and checks what they promise."};
  app.add_option("--seeds", arguments.seeds, "How many seeds")->capture_default_str();
  app.add_option("--first-seed", arguments.first_seed, "The first of them")->capture_default_str();
  app.add_option("--seed", arguments.seed, "This one only, with its trace");
  app.add_option("--twice", arguments.twice, "Run each n-th seed twice and compare; 0: none")->capture_default_str();
  app.add_flag("--verbose", arguments.verbose, "Print every trace");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGABRT, on_abort);
  return run_all(arguments);
}
