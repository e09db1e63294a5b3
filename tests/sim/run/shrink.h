// Shrinking: makes a failing simulation smaller, for as long as it still breaks the same rule: without features,
// faults, visits, tasks, peers. Leaving something out changes the chances, so each smaller simulation may try several
// (noise).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tests/sim/run/cluster.h"

namespace forkmill::sim {

// The rule that a violation breaks, such as "invariant 8".
std::string rule_of(const std::string& violation);

class Shrinker {
 public:
  // `most_events`: the number of events to simulate altogether, at most.
  Shrinker(Options options, std::string rule, std::uint64_t most_events)
      : best_{std::move(options)}, rule_{std::move(rule)}, events_left_{most_events} {}

  // Returns the smallest options that were found; report() says what they do.
  const Options& shrink();
  const Report& report() const { return report_; }

 private:
  using Change = std::function<void(Options&)>;

  // Tries a change. Returns whether the simulation still fails; then it is the best one now.
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

// Finds the first of the seeds that fails, shrinks it and prints what is left with its trace. Returns the number of
// lines of that trace; none: no seed failed.
std::optional<std::uint64_t> shrink_first(std::uint64_t first, std::uint64_t seeds, bool sharded);

}  // namespace forkmill::sim
