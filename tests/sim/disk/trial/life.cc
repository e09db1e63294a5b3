#include "tests/sim/disk/trial/life.h"

namespace forkmill::sim {

namespace {

double sometimes(Random& random, double most) { return random.chance(0.5) ? most * random.unit() : 0; }

}  // namespace

LifeOptions draw_life(Random& random) {
  LifeOptions life;
  life.lives = random.between(2, 7);
  life.steps = random.between(5, 60);
  life.batch = random.between(1, 25);
  constexpr std::uint64_t kCheckpoints[] = {1, 16 << 10, 128 << 10, 2 << 20};
  life.checkpoint_bytes = kCheckpoints[random.below(4)];
  life.stops = sometimes(random, 1);
  life.power = random.unit();
  if (random.chance(0.5)) {
    life.errors.read = sometimes(random, 0.02);
    life.errors.write = sometimes(random, 0.02);
    life.errors.sync = sometimes(random, 0.1);
    life.errors.name = sometimes(random, 0.03);
  }
  life.cramped = random.chance(0.15);
  life.damage = random.chance(0.3) ? random.unit() : 0;
  life.backups = sometimes(random, 0.05);
  life.room = sometimes(random, 0.2);
  constexpr std::size_t kStepChanges[] = {1, 8, 64, 2048};
  life.step_changes = kStepChanges[random.below(4)];
  constexpr std::uint64_t kSegmentSizes[] = {200, 2 << 10, 16 << 10, 1 << 20};
  life.segment_bytes = kSegmentSizes[random.below(4)];
  return life;
}

}  // namespace forkmill::sim
