// forkmill_disk_sim: data directories on simulated disks, each from a seed. See tests/sim/README.md.
#include "tests/sim/disk/trial/runner.h"
#include "tests/sim/disk/trial/trial.h"

namespace {

using namespace forkmill::sim;

struct DiskTrials {
  static constexpr const char* kProgram = "forkmill_disk_sim";
  static constexpr const char* kAbout =
      "Runs stores on simulated disks, each from one seed, and checks that they keep what they acknowledged.";
  using Mutant = DiskMutant;
  using Counts = TrialCounts;

  static std::span<const Mutant> mutants() { return disk_mutants(); }
  static bool is_there(const Mutant& mutant) {
    return mutant.journal == forkmill::broker::JournalMutant::none || forkmill::broker::kHasJournalMutants;
  }
  static TrialReport run(std::uint64_t seed, const Mutant* mutant, bool verbose) {
    return run_trial(seed, mutant, verbose);
  }
  static std::string summary(const Counts& total) {
    const auto text = [](std::uint64_t number) { return std::to_string(number); };
    return text(total.openings) + " openings, " + text(total.commits) + " commits acknowledged; " + text(total.kills) +
           " kills, " + text(total.power_cuts) + " power cuts, " + text(total.failures) + " failures; " +
           text(total.damaged) + " directories damaged, " + text(total.refused) + " of them refused; " +
           text(total.backups) + " backups restored; " + text(total.rooms) + " times all room made";
  }
};

}  // namespace

int main(int argc, char** argv) { return Runner<DiskTrials>{}.main(argc, argv); }
