// forkmill_sim: whole clusters from seeds. See README.md.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/sim/run/hunt.h"
#include "tests/sim/run/mutants.h"
#include "tests/sim/run/seeds.h"
#include "tests/sim/run/shrink.h"
#include "tests/sim/shards/fleet.h"

namespace {

using namespace forkmill::sim;

struct Arguments {
  SeedRange range;
  std::uint64_t seed = 0;
  std::string mutant;
  bool mutants = false;
  bool shrink = false;
  std::uint64_t most_lines = 0;
  FleetOptions fleet;
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
  if (arguments.fleet.workers > 0) return run_fleet(arguments.fleet) ? 0 : 1;
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

void add_fleet(CLI::App& app, FleetOptions& fleet) {
  auto* group = app.add_option_group("Fleet", "What many workers and moves of shards cost");
  auto* workers = group->add_option("--fleet", fleet.workers, "Simulate this number of workers, and print the costs")
                      ->check(CLI::Range(1, 100'000));
  const auto add = [&](const char* name, auto& value, const char* help, int least, int most) {
    group->add_option(name, value, help)->check(CLI::Range(least, most))->capture_default_str()->needs(workers);
  };
  add("--shards", fleet.shards, "The number of shards of the fleet", 2, 64);
  add("--brokers", fleet.brokers, "The number of its brokers, of which the last one joins later", 2, 64);
  add("--queues", fleet.queues, "The number of its queues; each worker serves one", 1, 10'000);
  add("--tasks", fleet.tasks, "The number of its tasks", 2, 10'000'000);
  group->add_flag("--spread", fleet.is_spread, "Each queue has a part on each shard")->needs(workers);
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
  add_fleet(app, arguments.fleet);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  constexpr std::uint64_t kEnoughForMutants = 500;
  if (seeds->count() == 0 && (arguments.mutants || arguments.shrink)) range.count = kEnoughForMutants;
  return run(arguments);
}
