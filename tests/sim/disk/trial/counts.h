// TrialCounts: the things that happened in trials.
#pragma once

#include <cstdint>

namespace forkmill::sim {

struct TrialCounts {
  std::uint64_t openings = 0;
  std::uint64_t commits = 0;  // acknowledged ones
  std::uint64_t kills = 0;
  std::uint64_t power_cuts = 0;
  std::uint64_t failures = 0;  // failures of a store because of its disk
  std::uint64_t damaged = 0;   // directories
  std::uint64_t refused = 0;   // damaged directories that the store refused
  std::uint64_t backups = 0;   // restored ones
  std::uint64_t rooms = 0;     // times that a store has made all room it could, and was looked at

  TrialCounts& operator+=(const TrialCounts& other) {
    openings += other.openings;
    commits += other.commits;
    kills += other.kills;
    power_cuts += other.power_cuts;
    failures += other.failures;
    damaged += other.damaged;
    refused += other.refused;
    backups += other.backups;
    rooms += other.rooms;
    return *this;
  }
};

}  // namespace forkmill::sim
