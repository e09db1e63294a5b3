// forkmill_postgres_sim: brokers on simulated PostgreSQL servers, each trial from a seed. See tests/sim/README.md.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/sim/postgres/trial/trial.h"
#include "tests/sim/world/violation.h"

namespace {

using namespace forkmill::sim;

struct Arguments {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 100;
  std::uint64_t seed = 0;
  std::uint64_t twice = 50;
  bool mutants = false;
  bool verbose = false;
  std::string mutant;
};

unsigned long long plain(std::uint64_t number) { return number; }

// Runs one seed. False: it failed, and the failure was printed.
bool run(std::uint64_t seed, const ServerMutant* mutant, bool verbose, bool again, TrialCounts& total) {
  if (verbose) std::printf("seed %llu\n", plain(seed));
  try {
    const ServerTrialReport report = run_server_trial(seed, mutant, verbose);
    total += report.counts;
    if (again && run_server_trial(seed, mutant, false).trace != report.trace)
      throw Violation{"two runs of this seed differ"};
    return true;
  } catch (const Violation& violation) {
    if (mutant == nullptr || verbose) std::printf("seed %llu FAILED: %s\n", plain(seed), violation.what());
    return false;
  }
}

int run_all(const Arguments& arguments, const ServerMutant* mutant) {
  const bool replay = arguments.seed != 0;
  const std::uint64_t first = replay ? arguments.seed : arguments.first_seed;
  const std::uint64_t count = replay ? 1 : arguments.seeds;
  TrialCounts total;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const bool again = arguments.twice != 0 && (seed - first) % arguments.twice == 0;
    if (!run(seed, mutant, replay || arguments.verbose, again, total)) ++failed;
  }
  std::printf(
      "%llu seeds, %llu failed; %llu openings, %llu commits acknowledged; %llu brokers killed, %llu deposed; "
      "%llu promotions, %llu crashes of a primary, %llu backups restored\n",
      plain(count), plain(failed), plain(total.openings), plain(total.commits), plain(total.kills),
      plain(total.deposed), plain(total.promotions), plain(total.crashes), plain(total.restores));
  return failed == 0 ? 0 : 1;
}

// Runs seeds with each mutant until one of them fails. Returns 0 if all mutants are found.
int run_mutants(const Arguments& arguments) {
  int survivors = 0;
  for (const ServerMutant& mutant : server_mutants()) {
    if (mutant.store != forkmill::broker::PostgresMutant::none && !forkmill::broker::kHasPostgresMutants) continue;
    TrialCounts ignored;
    std::uint64_t seed = arguments.first_seed;
    const std::uint64_t end = seed + arguments.seeds;
    while (seed < end && run(seed, &mutant, false, false, ignored)) ++seed;
    if (seed == end) ++survivors;
    std::printf("%-24s %s: %s\n", mutant.name, mutant.fault,
                seed == end ? "NOT FOUND" : ("found by seed " + std::to_string(seed)).c_str());
  }
  return survivors == 0 ? 0 : 1;
}

const ServerMutant* find_mutant(const std::string& name) {
  for (const ServerMutant& mutant : server_mutants())
    if (name == mutant.name) return &mutant;
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  const CLI::Range from_one{std::uint64_t{1}, std::uint64_t{1'000'000'000'000}};
  CLI::App app{"Runs brokers on simulated PostgreSQL servers, and checks that they keep what they acknowledged."};
  app.add_option("--seeds", arguments.seeds, "The number of seeds to run")->check(from_one)->capture_default_str();
  app.add_option("--first-seed", arguments.first_seed, "The first seed")->check(from_one)->capture_default_str();
  app.add_option("--seed", arguments.seed, "Run this seed only and print what happens")->check(from_one);
  app.add_option("--twice", arguments.twice, "Run every n-th seed twice and compare the runs; 0: none")
      ->capture_default_str();
  app.add_flag("--mutants", arguments.mutants, "Run with each of the deliberate faults: all must be found");
  app.add_option("--mutant", arguments.mutant, "Run with this deliberate fault");
  app.add_flag("--verbose", arguments.verbose, "Print what happens in every seed");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (arguments.mutants) return run_mutants(arguments);
  const ServerMutant* mutant = find_mutant(arguments.mutant);
  if (mutant == nullptr && !arguments.mutant.empty()) {
    std::fprintf(stderr, "forkmill_postgres_sim: there is no mutant %s\n", arguments.mutant.c_str());
    return 2;
  }
  return run_all(arguments, mutant);
}
