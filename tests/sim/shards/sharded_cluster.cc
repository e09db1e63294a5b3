#include "tests/sim/shards/sharded_cluster.h"

#include <algorithm>
#include <memory>
#include <string>

#include "tests/sim/audits/state_audit.h"
#include "tests/sim/shards/shard_faults.h"
#include "tests/sim/shards/shard_nodes.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

constexpr Instant kUntilQuiet = 30min;  // no task takes as long
constexpr Instant kUntilSettled = 2min;

class ShardedCluster {
 public:
  ShardedCluster(const Options& options, bool verbose) : nodes_{options, options.sharding.brokers, verbose} {}

  void run() {
    World& world = nodes_.world;
    const Instant begin = world.now();
    const Instant end = begin + world.options.safety;
    const auto visits = 2 * world.options.tasks / (world.options.burst + 1) + 1;
    for (std::size_t i = 0; i < visits; ++i) {
      const Instant when = world.random.between(begin, end);
      ShardClient& client = *world.random.pick(nodes_.clients);
      if (!world.options.no_visits.contains(++visits_)) world.at(when, [&client] { client.act(); });
    }
    faults_.begin(end);
    nodes_.run_until(end);
    faults_.mend();
    const bool all_quiet = nodes_.await(kUntilQuiet, [this] { return is_quiet(); });
    nodes_.history.futures().check_all_ended();
    if (!all_quiet) throw Violation{"invariant 14: tasks are left that do not end:" + unfinished()};
    if (!nodes_.await(kUntilSettled, [this] { return nodes_.is_settled(); }))
      throw Violation{"shards: not every shard comes to the broker that is chosen for it"};
    for (const auto& client : nodes_.clients) client->user().check_spread();
  }

  Report report() const {
    const World& world = nodes_.world;
    return {{},      world.trace.hash(),          world.events(),         world.trace.lines(), faults_.count(),
            visits_, world.now() - World::kBegin, nodes_.history.counts()};
  }

 private:
  bool is_quiet() {
    const auto has_ended = [this](const broker::OwnedShard& shard) {
      const ShardProcess* process = nodes_.owner(shard);
      return process != nullptr && StateAudit::idle(process->core().state());
    };
    return nodes_.history.futures().all_ended() && std::ranges::all_of(nodes_.table.view().shards, has_ended) &&
           std::ranges::all_of(nodes_.clients, [](const auto& one) { return one->is_done() && one->is_open(); }) &&
           nodes_.are_workers_open();
  }

  std::string unfinished() const {
    std::string text;
    for (const broker::OwnedShard& shard : nodes_.table.view().shards) {
      const ShardProcess* process = nodes_.owner(shard);
      const std::string left = process == nullptr ? " no owner;" : StateAudit::unfinished(process->core().state());
      if (!left.empty()) text += " shard " + std::to_string(shard.number) + ":" + left;
    }
    for (std::size_t i = 0; i < nodes_.clients.size(); ++i)
      if (!nodes_.clients[i]->is_done() || !nodes_.clients[i]->is_open()) text += " client-" + std::to_string(i) + ";";
    for (const auto& worker : nodes_.workers)
      if (!worker->is_open()) text += " " + worker->name() + " has not all of its sessions;";
    return text;
  }

  ShardNodes nodes_;
  std::uint64_t visits_ = 0;
  ShardFaults faults_{nodes_.world, {nodes_.table, nodes_.brokers, nodes_.clients, nodes_.workers}};
};

}  // namespace

Report simulate_sharded(const Options& options, bool verbose) {
  return report_of(*std::make_unique<ShardedCluster>(options, verbose));
}

}  // namespace forkmill::sim
