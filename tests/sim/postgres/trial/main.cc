// forkmill_postgres_sim: brokers on simulated PostgreSQL servers, each trial from a seed. See tests/sim/README.md.
#include "tests/sim/disk/trial/runner.h"
#include "tests/sim/postgres/trial/trial.h"

namespace {

using namespace forkmill::sim;

struct ServerTrials {
  static constexpr const char* kProgram = "forkmill_postgres_sim";
  static constexpr const char* kAbout =
      "Runs brokers on simulated PostgreSQL servers, and checks that they keep what they acknowledged.";
  using Mutant = ServerMutant;
  using Counts = TrialCounts;

  static std::span<const Mutant> mutants() { return server_mutants(); }
  static bool is_there(const Mutant& mutant) {
    return mutant.store == forkmill::broker::PostgresMutant::none || forkmill::broker::kHasPostgresMutants;
  }
  static ServerTrialReport run(std::uint64_t seed, const Mutant* mutant, bool verbose) {
    return run_server_trial(seed, mutant, verbose);
  }
  static std::string summary(const Counts& total) {
    const auto text = [](std::uint64_t number) { return std::to_string(number); };
    return text(total.openings) + " openings, " + text(total.commits) + " commits acknowledged; " + text(total.kills) +
           " brokers killed, " + text(total.deposed) + " deposed; " + text(total.promotions) + " promotions, " +
           text(total.crashes) + " crashes of a primary, " + text(total.restores) + " backups restored";
  }
};

}  // namespace

int main(int argc, char** argv) { return Runner<ServerTrials>{}.main(argc, argv); }
