// Shrinking: a failing simulation made smaller, for as long as it still breaks the same rule: without features, faults,
// visits, tasks, peers. What a simulation leaves out changes its chances, so each smaller one may try some (noise).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tests/sim/run/cluster.h"

namespace forkmill::sim {

// What a violation is about: "invariant 8".
std::string rule_of(const std::string& violation);

class Shrinker {
 public:
  // `most_events`: that may be simulated, altogether.
  Shrinker(Options options, std::string rule, std::uint64_t most_events)
      : best_{std::move(options)}, rule_{std::move(rule)}, events_left_{most_events} {}

  // The smallest that was found, and what it does.
  const Options& shrink();
  const Report& report() const { return report_; }

 private:
  using Change = std::function<void(Options&)>;

  // True: it still fails, and is the best one now.
  bool try_change(const Change& change);
  bool drop_features();
  bool drop_objects();
  bool shrink_numbers();
  bool halve(std::size_t Options::*number, std::size_t least);
  bool leave_out(std::set<std::uint64_t> Options::*left_out, std::uint64_t count);

  Options best_;
  Report report_;
  std::string rule_;
  std::uint64_t events_left_;
};

// Finds the first of the seeds that fails, shrinks it and prints what is left with its trace: so many lines. None: no
// seed failed.
std::optional<std::uint64_t> shrink_first(std::uint64_t first, std::uint64_t seeds);

}  // namespace forkmill::sim
