#include "tests/sim/postgres/trial/chances.h"

namespace forkmill::sim {

TrialChances draw_chances(Random& random) {
  const auto sometimes = [&](double most) { return random.chance(0.5) ? most * random.unit() : 0; };
  TrialChances chances;
  chances.brokers = random.between(1, 3);
  chances.rounds = random.between(100, 1500);
  chances.steps = random.between(3, 60);
  chances.batch = random.between(1, 8);
  chances.waits = random.chance(0.5) ? 1 : random.unit();
  chances.connection = {sometimes(0.2), sometimes(0.05), sometimes(0.02), sometimes(0.08), sometimes(0.01)};
  chances.kill = sometimes(0.01);
  chances.crash = sometimes(0.01);
  chances.promote = sometimes(0.01);
  chances.cut = sometimes(0.02);
  chances.end_wait = sometimes(0.1);
  chances.end_session = sometimes(0.02);
  chances.unsafe = random.chance(0.2) ? sometimes(0.02) : 0;
  chances.jump = sometimes(0.02);
  chances.restore = random.chance(0.25) ? 0.005 : 0;
  return chances;
}

}  // namespace forkmill::sim
