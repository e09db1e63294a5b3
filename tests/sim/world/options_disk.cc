#include <sstream>

#include "tests/sim/world/options.h"

namespace forkmill::sim {

DiskOptions draw_disk(std::uint64_t seed) {
  // Chances of its own, so that a cluster is the same on any kind of store.
  Random random{seed ^ 0x51713D15CULL};
  DiskOptions disk;
  disk.sqlite = random.chance(0.4);
  if (!disk.sqlite) return disk;
  constexpr std::uint64_t kCheckpoints[] = {16 << 10, 128 << 10, 2 << 20};
  disk.checkpoint_bytes = kCheckpoints[random.below(3)];
  disk.power = random.unit();
  if (random.chance(0.4)) {
    disk.errors.read = random.chance(0.5) ? 0.002 * random.unit() : 0;
    disk.errors.write = random.chance(0.5) ? 0.002 * random.unit() : 0;
    disk.errors.sync = random.chance(0.5) ? 0.01 * random.unit() : 0;
    disk.errors.name = random.chance(0.5) ? 0.01 * random.unit() : 0;
  }
  disk.crowds = random.chance(0.4) ? 4 * random.unit() : 0;
  return disk;
}

std::string to_string(const DiskOptions& disk) {
  if (!disk.sqlite) return "";
  std::ostringstream text;
  text.precision(3);
  text << "  disk: SQLite, checkpoints from " << disk.checkpoint_bytes << " bytes on; power cuts " << disk.power
       << "; errors: read " << disk.errors.read << ", write " << disk.errors.write << ", sync " << disk.errors.sync
       << ", name " << disk.errors.name << "; crowded " << disk.crowds << " times a minute\n";
  return text.str();
}

}  // namespace forkmill::sim
