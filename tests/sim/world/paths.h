// ForcedPaths: which of the rare paths of proto/buggify.h a simulation takes, and how often. While an object of this
// class lives, the rules ask it. Its chances are its own.
#pragma once

#include <array>

#include "proto/buggify.h"
#include "tests/sim/world/options.h"

namespace forkmill::sim {

class ForcedPaths {
 public:
  explicit ForcedPaths(const Options& options) : random_{options.seed ^ 0xB066 ^ options.noise << 32} {
    for (double& chance : chances_)
      chance = random_.chance(options.forced_paths) ? options.forced_paths * random_.unit() : 0;
    current = this;
#ifdef FORKMILL_MUTANTS
    proto::path_chooser = [](proto::Path path) { return current->taken(path); };
#endif
  }
  ~ForcedPaths() {
#ifdef FORKMILL_MUTANTS
    proto::path_chooser = nullptr;
#endif
    current = nullptr;
  }
  ForcedPaths(const ForcedPaths&) = delete;
  ForcedPaths& operator=(const ForcedPaths&) = delete;

 private:
  bool taken(proto::Path path) {
    const double chance = chances_[static_cast<std::size_t>(path)];
    return chance > 0 && random_.chance(chance);
  }

  static inline ForcedPaths* current = nullptr;
  Random random_;
  std::array<double, static_cast<std::size_t>(proto::Path::count)> chances_{};
};

}  // namespace forkmill::sim
