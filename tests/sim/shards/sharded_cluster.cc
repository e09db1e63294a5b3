#include "tests/sim/shards/sharded_cluster.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "tests/sim/audits/state_audit.h"
#include "tests/sim/shards/shard_faults.h"
#include "tests/sim/world/paths.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

constexpr Instant kUntilQuiet = 30min;  // no task takes as long
constexpr Instant kUntilSettled = 2min;
constexpr Instant kLookAround = 100ms;

class ShardedCluster {
 public:
  ShardedCluster(const Options& options, bool verbose) : world_{options, verbose} {
    for (std::size_t i = 0; i < options.sharding.brokers; ++i)
      brokers_.push_back(std::make_unique<BrokerMachine>(shared_, Addresses::door(i + 1)));
    for (const auto& broker : brokers_) broker->start();
    for (std::size_t i = 0; i < options.workers; ++i)
      workers_.push_back(std::make_unique<ShardWorker>(shared_, i, draw_endpoints()));
    for (std::size_t i = 0; i < options.clients; ++i)
      clients_.push_back(
          std::make_unique<ShardClient>(shared_, workload_, "client-" + std::to_string(i), draw_endpoints()));
  }

  void run() {
    const Instant begin = world_.now();
    const Instant end = begin + world_.options.safety;
    const auto visits = 2 * world_.options.tasks / (world_.options.burst + 1) + 1;
    for (std::size_t i = 0; i < visits; ++i) {
      ShardClient& client = *world_.random.pick(clients_);
      world_.at(world_.random.between(begin, end), [&client] { client.act(); });
    }
    faults_.begin(end);
    run_until(end);
    faults_.mend();
    await(kUntilQuiet, [this] { return is_quiet(); });
    history_.futures().check_all_ended();
    if (!is_quiet()) throw Violation{"invariant 14: tasks are left that do not end:" + unfinished()};
    await(kUntilSettled, [this] { return is_settled(); });
    if (!is_settled()) throw Violation{"shards: not every shard comes to the broker that is chosen for it"};
    for (const auto& client : clients_) client->user().check_spread();
  }

  Report report() const {
    return {{}, world_.trace.hash(),          world_.events(),  world_.trace.lines(), faults_.count(),
            0,  world_.now() - World::kBegin, history_.counts()};
  }

 private:
  // All brokers, in any order. Some peers know the endpoint of a shard instead of a broker.
  std::vector<std::string> draw_endpoints() {
    std::vector<std::string> endpoints;
    for (const auto& broker : brokers_)
      endpoints.insert(endpoints.begin() + static_cast<std::ptrdiff_t>(world_.random.below(endpoints.size() + 1)),
                       broker->name());
    if (!world_.random.chance(world_.options.sharding.misled)) return endpoints;
    const auto shard = static_cast<std::uint32_t>(world_.random.between(1, world_.options.sharding.shards));
    endpoints.insert(endpoints.begin(), Addresses::of_shard(endpoints.front(), shard));
    return endpoints;
  }

  void run_until(Instant end) {
    while (world_.step(end)) {
    }
  }

  template <class Condition>
  void await(Instant patience, const Condition& condition) {
    const Instant begin = world_.now();
    for (Instant look = begin; look < begin + patience && !condition(); look += kLookAround) run_until(look);
  }

  // The process that has the shard; null: none.
  ShardProcess* owner(const broker::OwnedShard& shard) const {
    const auto found = std::ranges::find(brokers_, shard.broker, [](const auto& one) { return one->name(); });
    if (found == brokers_.end()) return nullptr;
    ShardProcess& process = (*found)->process(static_cast<std::uint32_t>(shard.number));
    return process.serves() ? &process : nullptr;
  }

  bool is_quiet() {
    const auto has_ended = [this](const broker::OwnedShard& shard) {
      const ShardProcess* process = owner(shard);
      return process != nullptr && StateAudit::idle(process->core().state());
    };
    return history_.futures().all_ended() && std::ranges::all_of(table_.view().shards, has_ended) &&
           std::ranges::all_of(clients_, [](const auto& one) { return one->is_done() && one->is_open(); }) &&
           std::ranges::all_of(workers_, [](const auto& one) { return one->is_open(); });
  }

  bool is_settled() const {
    const auto view = table_.view();
    const auto chosen = broker::choose_owners(view);
    return std::ranges::all_of(view.shards, [&](const auto& shard) {
      const auto its = chosen.find(shard.number);
      return its != chosen.end() && its->second == shard.broker;
    });
  }

  std::string unfinished() const {
    std::string text;
    for (const broker::OwnedShard& shard : table_.view().shards) {
      const ShardProcess* process = owner(shard);
      const std::string left = process == nullptr ? " no owner;" : StateAudit::unfinished(process->core().state());
      if (!left.empty()) text += " shard " + std::to_string(shard.number) + ":" + left;
    }
    for (std::size_t i = 0; i < clients_.size(); ++i)
      if (!clients_[i]->is_done() || !clients_[i]->is_open()) text += " client-" + std::to_string(i) + ";";
    for (std::size_t i = 0; i < workers_.size(); ++i)
      if (!workers_[i]->is_open()) text += " worker-" + std::to_string(i) + " has not all of its sessions;";
    return text;
  }

  World world_;
  ForcedPaths paths_{world_.options};
  History history_{world_, History::Sight::journals};
  ObjectHistory objects_{world_};
  Routing routing_{world_.options.sharding.shards};
  ShardTable table_{world_, world_.options.sharding.shards};
  Addresses addresses_{world_};
  Workload workload_{world_};
  LockBook locks_{world_.options.sharding.locks};
  ShardCluster shared_{world_, table_, addresses_, history_, objects_, routing_, locks_};
  std::vector<std::unique_ptr<BrokerMachine>> brokers_;
  std::vector<std::unique_ptr<ShardWorker>> workers_;
  std::vector<std::unique_ptr<ShardClient>> clients_;
  ShardFaults faults_{world_, {table_, brokers_, clients_, workers_}};
};

}  // namespace

Report simulate_sharded(const Options& options, bool verbose) {
  const auto cluster = std::make_unique<ShardedCluster>(options, verbose);
  std::string violation;
  try {
    cluster->run();
  } catch (const Violation& found) {
    violation = found.what();
  } catch (const std::exception& error) {
    violation = std::string{"exception: "} + error.what();
  }
  Report report = cluster->report();
  report.violation = std::move(violation);
  return report;
}

}  // namespace forkmill::sim
