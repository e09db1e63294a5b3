#include "tests/sim/run/hunt.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "tests/sim/run/cluster.h"
#include "tests/sim/run/jobs.h"
#include "tests/sim/run/mutants.h"

namespace forkmill::sim {

namespace {

struct Chase {
  std::uint64_t seed;  // the seed under way
  bool caught;
  std::array<char, 200> how;

  void catch_it(const std::string& violation) {
    caught = true;
    std::copy_n(violation.c_str(), std::min(violation.size() + 1, how.size() - 1), how.begin());
  }
};

void chase(const MutantEntry& entry, std::uint64_t first, std::uint64_t seeds, Chase& row) {
  choose(entry.mutant);
  for (row.seed = first; row.seed < first + seeds; ++row.seed) {
    const Options options = entry.is_of_shards ? draw_sharded(row.seed) : draw(row.seed);
    const Report report = simulate(options, false);
    if (report.violation.empty()) continue;
    // A seed that fails without the fault shows nothing.
    choose(proto::Mutant::none);
    if (simulate(options, false).violation.empty()) return row.catch_it(report.violation);
    choose(entry.mutant);
  }
}

}  // namespace

bool hunt_mutants(std::uint64_t first, std::uint64_t seeds, std::size_t jobs) {
  if (!proto::kHasMutants) {
    std::printf("this build has no mutants in it: it is for release, or without tests\n");
    return false;
  }
  const auto mutants = all_mutants();
  const SharedRows<Chase> rows{mutants.size()};
  run_forked(
      mutants.size(), jobs, [&](std::size_t i) { chase(mutants[i], first, seeds, rows[i]); },
      [&](std::size_t i, int signal) {
        rows[i].catch_it("its process ended by signal " + std::to_string(signal));
        return false;
      });
  std::size_t survivors = 0;
  std::printf("%-28s %-7s %s\n", "mutant", "seed", "caught by");
  for (std::size_t i = 0; i < mutants.size(); ++i) {
    const Chase& row = rows[i];
    if (!row.caught) ++survivors;
    std::printf("%-28s %-7s %s\n", std::string{mutants[i].name}.c_str(),
                row.caught ? std::to_string(row.seed).c_str() : "-",
                row.caught ? row.how.data() : "NOTHING: it survived");
  }
  std::printf("%zu mutants, %zu survived %llu seeds\n", mutants.size(), survivors,
              static_cast<unsigned long long>(seeds));
  return survivors == 0;
}

}  // namespace forkmill::sim
