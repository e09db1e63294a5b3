#include "tests/sim/audits/require.h"

#include <algorithm>

namespace forkmill::sim {

const broker::Worker* worker_at(const broker::BrokerState& state, proto::PeerId peer) {
  for (const auto& [handle, worker] : state.workers)
    if (worker->session.peer == peer) return worker.get();
  return nullptr;
}

bool knows(const broker::Worker& worker, const std::string& task) {
  const auto& tasks = worker.info.tasks;
  return std::any_of(tasks.begin(), tasks.end(), [&](const auto& one) { return one.name == task; });
}

}  // namespace forkmill::sim
