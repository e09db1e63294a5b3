// Runner: the command line of programs that run trials from seeds, each with or without one of some deliberate faults.
// `Trials` has:
//
//     kProgram, kAbout                        name of the program, and a line about it
//     mutants()                               the deliberate faults, each with `name` and `fault`
//     is_there(mutant)                        whether this build has the fault
//     run(seed, mutant, verbose)              runs one trial; `mutant` may be null. Returns its `trace` and `counts`,
//     or
//                                             throws Violation
//     summary(counts)                         the sums of all trials, as text
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

template <class Trials>
class Runner {
 public:
  // Returns the exit status: 0 all went well, 1 a trial has failed or a fault was not found, 2 wrong usage.
  int main(int argc, char** argv) {
    const CLI::Range from_one{std::uint64_t{1}, std::uint64_t{1'000'000'000'000}};
    CLI::App app{Trials::kAbout};
    app.add_option("--seeds", seeds_, "The number of seeds to run")->check(from_one)->capture_default_str();
    app.add_option("--first-seed", first_seed_, "The first seed")->check(from_one)->capture_default_str();
    app.add_option("--seed", seed_, "Run this seed only and print what happens")->check(from_one);
    app.add_option("--twice", twice_, "Run every n-th seed twice and compare the runs; 0: none")->capture_default_str();
    app.add_flag("--mutants", mutants_, "Run with each of the deliberate faults: all must be found");
    app.add_option("--mutant", mutant_, "Run with this deliberate fault");
    app.add_flag("--verbose", verbose_, "Print what happens in every seed");
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    if (mutants_) return run_mutants();
    const Mutant* mutant = find_mutant();
    if (mutant == nullptr && !mutant_.empty()) {
      std::fprintf(stderr, "%s: there is no mutant %s\n", Trials::kProgram, mutant_.c_str());
      return 2;
    }
    return run_all(mutant);
  }

 private:
  using Mutant = typename Trials::Mutant;
  using Counts = typename Trials::Counts;

  static unsigned long long plain(std::uint64_t number) { return number; }

  // Runs one seed. False: it failed, and the failure was printed.
  static bool run(std::uint64_t seed, const Mutant* mutant, bool verbose, bool again, Counts& total) {
    if (verbose) std::printf("seed %llu\n", plain(seed));
    try {
      const auto report = Trials::run(seed, mutant, verbose);
      total += report.counts;
      if (again && Trials::run(seed, mutant, false).trace != report.trace)
        throw Violation{"two runs of this seed differ"};
      if (verbose) std::printf("seed %llu: trace %016llx\n", plain(seed), plain(report.trace));
      return true;
    } catch (const Violation& violation) {
      if (mutant == nullptr || verbose) std::printf("seed %llu FAILED: %s\n", plain(seed), violation.what());
      return false;
    }
  }

  int run_all(const Mutant* mutant) const {
    const bool replay = seed_ != 0;
    const std::uint64_t first = replay ? seed_ : first_seed_;
    const std::uint64_t count = replay ? 1 : seeds_;
    Counts total;
    std::uint64_t failed = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
      const bool again = twice_ != 0 && (seed - first) % twice_ == 0;
      if (!run(seed, mutant, replay || verbose_, again, total)) ++failed;
    }
    std::printf("%llu seeds, %llu failed; %s\n", plain(count), plain(failed), Trials::summary(total).c_str());
    return failed == 0 ? 0 : 1;
  }

  // Runs seeds with each mutant until one of them fails. Returns 0 if all mutants are found.
  int run_mutants() const {
    int survivors = 0;
    for (const Mutant& mutant : Trials::mutants()) {
      if (!Trials::is_there(mutant)) continue;
      Counts ignored;
      std::uint64_t seed = first_seed_;
      const std::uint64_t end = seed + seeds_;
      while (seed < end && run(seed, &mutant, false, false, ignored)) ++seed;
      if (seed == end) ++survivors;
      std::printf("%-24s %s: %s\n", mutant.name, mutant.fault,
                  seed == end ? "NOT FOUND" : ("found by seed " + std::to_string(seed)).c_str());
    }
    return survivors == 0 ? 0 : 1;
  }

  const Mutant* find_mutant() const {
    for (const Mutant& mutant : Trials::mutants())
      if (mutant_ == mutant.name) return &mutant;
    return nullptr;
  }

  std::uint64_t first_seed_ = 1;
  std::uint64_t seeds_ = 100;
  std::uint64_t seed_ = 0;
  std::uint64_t twice_ = 50;
  bool mutants_ = false;
  bool verbose_ = false;
  std::string mutant_;
};

}  // namespace forkmill::sim
