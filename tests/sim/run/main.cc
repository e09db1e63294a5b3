// forkmill_sim: whole clusters from seeds. See README.md.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/sim/run/hunt.h"
#include "tests/sim/run/mutants.h"
#include "tests/sim/run/seeds.h"
#include "tests/sim/run/shrink.h"

namespace {

using namespace forkmill::sim;

struct Arguments {
  SeedRange range;
  std::uint64_t seed = 0;
  std::string mutant;
  bool mutants = false;
  bool shrink = false;
  std::uint64_t most_lines = 0;
};

int run(Arguments& arguments) {
  if (!arguments.mutant.empty()) {
    const auto entry = mutant_named(arguments.mutant);
    if (!entry || !choose(entry->mutant)) {
      std::fprintf(stderr, "forkmill_sim: there is no mutant %s in this build\n", arguments.mutant.c_str());
      return 2;
    }
    arguments.range.sharded = arguments.range.sharded || entry->is_of_shards;
  }
  SeedRange& range = arguments.range;
  if (arguments.seed != 0) range.first = arguments.seed;
  if (arguments.shrink) {
    const auto lines = shrink_first(range.first, arguments.seed != 0 ? 1 : range.count, range.sharded);
    if (arguments.mutant.empty()) return lines ? 1 : 0;  // a failure, however small
    return lines && (arguments.most_lines == 0 || *lines <= arguments.most_lines) ? 0 : 1;
  }
  if (arguments.mutants) return hunt_mutants(range.first, range.count, range.jobs) ? 0 : 1;
  if (arguments.seed != 0) {
    range.count = range.jobs = 1;
    range.verbose = true;
  }
  return run_seeds(range) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  SeedRange& range = arguments.range;
  const CLI::Range from_one{std::uint64_t{1}, std::uint64_t{1'000'000'000'000}};
  CLI::App app{"Simulates whole forkmill clusters, each from one seed, and checks what they promise."};
  auto* seeds =
      app.add_option("--seeds", range.count, "The number of seeds to run")->check(from_one)->capture_default_str();
  app.add_option("--first-seed", range.first, "The first seed")->check(from_one)->capture_default_str();
  app.add_option("--seed", arguments.seed, "Run this seed only and print its trace")->check(from_one);
  app.add_option("--twice", range.twice, "Run each n-th seed twice and compare the runs; 0: none")
      ->capture_default_str();
  app.add_option("--jobs", range.jobs, "The number of processes")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_flag("--verbose", range.verbose, "Print the trace of every seed");
  app.add_flag("--sharded", range.sharded, "Simulate clusters whose tasks are divided among several shards");
  app.add_option("--mutant", arguments.mutant, "Run with this deliberate fault in the rules");
  app.add_flag("--mutants", arguments.mutants, "Run each deliberate fault: all must be caught within --seeds (500)");
  app.add_flag("--shrink", arguments.shrink, "Reduce the first seed that fails to what it needs to fail");
  app.add_option("--most-lines", arguments.most_lines, "With --shrink: fail if the trace has more lines than this");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  constexpr std::uint64_t kEnoughForMutants = 500;
  if (seeds->count() == 0 && (arguments.mutants || arguments.shrink)) range.count = kEnoughForMutants;
  return run(arguments);
}
