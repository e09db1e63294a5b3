// Failovers: one after the other, each of them measured: owners are killed, or stopped for longer than their lease and
// then continued, and the primary is killed, alone or with the owner. Nothing else is disturbed meanwhile. The next one
// begins when the cluster is whole again.
//
// Threads: used by the ring's own thread. Times are microseconds, as now_us() returns them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/chaos/cluster.h"
#include "tests/chaos/results.h"
#include "tests/sim/world/random.h"

namespace forkmill::chaos {

class Failovers {
 public:
  // REQUIRES: the cluster has a database.
  Failovers(Cluster& cluster, std::uint64_t seed, std::size_t count);

  // Plays all of them. Ends early if a signal asks for an end, or if the cluster does not come back within a minute,
  // which is a trouble of the cluster.
  void play();
  // Returns the table of the times.
  std::string table() const;
  // Returns one line: how many there were, and the median and the worst time of all.
  std::string summary() const;

 private:
  enum Kind : std::uint8_t { owner_killed, owner_stopped, primary_killed, both_killed, kKinds };
  // Seconds until the first result, and until those of all tasks that were submitted first. One of each per failover.
  struct Times {
    std::vector<double> first;
    std::vector<double> all;
  };
  // A broker that is stopped, and the processes of it that are.
  struct Stopped {
    std::size_t broker = 0;
    std::vector<pid_t> processes{};
  };

  void deal();
  bool measure(Kind kind);
  Stopped begin(Kind kind);
  void end(const Stopped& stopped);
  std::size_t some_owner();
  bool is_whole() const;
  // Tends the cluster until the condition holds. False: not within a minute, or a signal asks for an end.
  template <class F>
  bool await(F&& condition, std::int64_t between);

  Cluster& cluster_;
  sim::Random random_;
  const std::size_t count_;
  std::vector<Kind> deck_;
  Results results_;
  std::array<Times, kKinds> times_;
};

}  // namespace forkmill::chaos
