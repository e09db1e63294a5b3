// TrialChances: the circumstances of one trial, drawn from a seed.
#pragma once

#include <cstdint>

#include "tests/sim/postgres/session.h"

namespace forkmill::sim {

struct TrialChances {
  std::uint64_t brokers = 2;
  std::uint64_t rounds = 500;  // rounds with faults
  std::uint64_t steps = 20;    // the most steps of one life of a broker
  std::uint64_t batch = 1;     // the most changes at a time
  double waits = 1;            // the chance of a broker to wait for the lease
  ConnectionFaults connection;
  // For each round.
  double kill = 0;      // a broker dies
  double crash = 0;     // the primary crashes
  double promote = 0;   // the standby is promoted
  double cut = 0;       // the standby is cut off, or follows again
  double end_wait = 0;  // an operator ends a wait for the standby
  double end_session = 0;
  double unsafe = 0;   // an operator takes the names of the standbys away, or gives them back
  double jump = 0;     // the server's clock is set
  double restore = 0;  // both servers are replaced by a backup
};

TrialChances draw_chances(Random& random);

struct TrialCounts {
  std::uint64_t openings = 0;
  std::uint64_t commits = 0;  // acknowledged ones
  std::uint64_t kills = 0;
  std::uint64_t deposed = 0;  // brokers that ended because there was another owner
  std::uint64_t promotions = 0;
  std::uint64_t crashes = 0;
  std::uint64_t restores = 0;

  TrialCounts& operator+=(const TrialCounts& other) {
    openings += other.openings;
    commits += other.commits;
    kills += other.kills;
    deposed += other.deposed;
    promotions += other.promotions;
    crashes += other.crashes;
    restores += other.restores;
    return *this;
  }
};

}  // namespace forkmill::sim
