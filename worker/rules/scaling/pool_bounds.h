// The numbers of children that the options of a worker ask for. Pure.
#pragma once

#include <forkmill/worker_options.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "proto/result.h"
#include "worker/rules/scaling/max_children.h"
#include "worker/rules/scaling/pool_sizer.h"

namespace forkmill::worker {

inline bool follows_load(const WorkerOptions& options) { return options.scaling.min > 0; }

// Returns the bounds of a pool that follows its load. Without a maximum of its own it has a child per CPU at most,
// `cpus`; with one, the quota of control groups, in CPUs, is the maximum if that is lower. The minimum is kept in any
// case.
inline PoolSizer::Bounds bounds_of(const PoolScaling& scaling, unsigned cpus, std::optional<double> quota) {
  double most = scaling.max == 0 ? cpus : scaling.max;
  if (scaling.max != 0 && quota) most = std::min(most, std::ceil(*quota));
  const auto least = static_cast<std::size_t>(std::max(scaling.min, 1U));
  return {least, std::max(least, static_cast<std::size_t>(most))};
}

// Children that the pool begins with. REQUIRES: processes is not 0.
inline unsigned children_at_start(const WorkerOptions& options) {
  return follows_load(options) ? std::min(options.scaling.min, options.processes) : options.processes;
}

// The value of --processes: N, auto, or auto:MIN-MAX. Fails with what it must be.
struct AskedProcesses {
  unsigned number = 0;
  PoolScaling scaling;
};
proto::Result<AskedProcesses> parse_processes(std::string_view text);

}  // namespace forkmill::worker
