// A range of seeds, run one after the other or by several processes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace forkmill::sim {

struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t count = 100;
  std::uint64_t twice = 50;  // each n-th runs twice and must go the same way; 0: none
  std::size_t jobs = 1;
  bool verbose = false;
  bool sharded = false;  // clusters with several shards
};

// Prints the failures and the totals. Returns whether no seed failed.
bool run_seeds(const SeedRange& range);

}  // namespace forkmill::sim
