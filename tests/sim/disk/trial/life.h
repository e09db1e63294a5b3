// LifeOptions: the circumstances of one data directory, drawn from a seed.
#pragma once

#include <cstdint>

#include "tests/sim/world/disk_errors.h"
#include "tests/sim/world/random.h"

namespace forkmill::sim {

struct LifeOptions {
  std::uint64_t lives = 3;   // openings of the store
  std::uint64_t steps = 20;  // the most steps of one life
  std::uint64_t batch = 1;   // the most changes at a time
  std::uint64_t checkpoint_bytes = 1 << 20;
  std::uint64_t segment_bytes = 1 << 20;
  double stops = 0;  // the chance of a life to end in the middle of an operation
  double power = 0;  // the chance of an end to take the machine along
  DiskErrors errors;
  bool cramped = false;             // the disk has little room
  double damage = 0;                // the chance of an end to be followed by damage at rest
  double backups = 0;               // the chance of a step to begin with a backup
  double room = 0;                  // the chance of a step to begin with the store making room
  std::size_t step_changes = 2048;  // at a time, by backups and while room is made
};

LifeOptions draw_life(Random& random);

}  // namespace forkmill::sim
