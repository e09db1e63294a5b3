#include "tests/sim/shards/fleet.h"

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "proto/session/shards.h"
#include "tests/sim/shards/shard_nodes.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

constexpr Instant kFleetPatience = 10min;
constexpr Instant kFleetRest = 20s;

Options fleet_options(const FleetOptions& fleet) {
  Options options;
  options.seed = fleet.seed;
  options.durable = true;
  options.commit_delay = 5ms;
  options.net_delay = 1ms;
  options.run_time = 20ms;
  options.clients = 1;
  options.workers = fleet.workers;
  options.children = 2;
  options.queues = fleet.queues;
  options.tasks = fleet.tasks;
  options.burst = 200;
  options.is_audited = false;
  options.sharding.shards = fleet.shards;
  options.sharding.brokers = fleet.brokers;
  options.sharding.one_queue_each = true;
  for (std::size_t i = 0; i < fleet.queues; ++i)
    options.sharding.queues.push_back(Workload::queue_name(i) + (fleet.is_spread ? "@*" : ""));
  return options;
}

double in_seconds(Instant time) { return static_cast<double>(time.count()) / 1e6; }

class Fleet {
 public:
  explicit Fleet(const FleetOptions& fleet) : fleet_{fleet}, nodes_{fleet_options(fleet), fleet.brokers - 1, false} {
    nodes_.meter.is_on = true;
  }

  void run() {
    std::printf("%zu workers of %zu queues%s, %u shards, %zu brokers\n", fleet_.workers, fleet_.queues,
                fleet_.is_spread ? " on all shards" : "", fleet_.shards, fleet_.brokers);
    std::printf("%-22s %10s %12s %16s\n", "", "seconds", "messages", "CPU of rules ms");
    join();
    rest();
    work();
    move("a broker joins", [this] { nodes_.brokers.back()->start(); });
    move("a broker dies", [this] { nodes_.brokers.front()->crash(); });
    work();
    std::printf("every worker is at the owners of its shards\n");
  }

 private:
  // A stretch of time, and what happens in it.
  class Stretch {
   public:
    explicit Stretch(const ShardNodes& nodes)
        : nodes_{nodes}, begin_{nodes.world.now()}, messages_{nodes.world.trace.messages()}, cpu_{nodes.meter.cpu} {}
    Instant lasts() const { return nodes_.world.now() - begin_; }
    std::uint64_t messages() const { return nodes_.world.trace.messages() - messages_; }
    std::chrono::nanoseconds cpu() const { return nodes_.meter.cpu - cpu_; }
    // Prints a line that ends with the number of sessions, moves or tasks.
    void print(const char* what, std::uint64_t count, const char* unit) const {
      std::printf("%-22s %10.1f %12llu %16.1f   %llu %s\n", what, in_seconds(lasts()),
                  static_cast<unsigned long long>(messages()), static_cast<double>(cpu().count()) / 1e6,
                  static_cast<unsigned long long>(count), unit);
      std::fflush(stdout);
    }

   private:
    const ShardNodes& nodes_;
    const Instant begin_;
    const std::uint64_t messages_;
    const std::chrono::nanoseconds cpu_;
  };

  void await(const char* what, const std::function<bool()>& condition) {
    if (!nodes_.await(kFleetPatience, condition))
      throw Violation{std::string{"shards: in 10 minutes, not all "} + what};
  }

  void join() {
    const Stretch stretch{nodes_};
    await("workers have their sessions", [this] { return nodes_.is_settled() && nodes_.are_workers_open(); });
    stretch.print("all join", check_places(), "sessions");
  }

  void rest() {
    const Stretch stretch{nodes_};
    nodes_.run_until(nodes_.world.now() + kFleetRest);
    stretch.print("all rest", check_places(), "sessions");
    const double a_second = in_seconds(stretch.lasts());
    messages_at_rest_ = static_cast<double>(stretch.messages()) / a_second;
    cpu_at_rest_ = static_cast<double>(stretch.cpu().count()) / a_second;
  }

  // Submits all tasks of the workload, or as many again, in a steady stream.
  void work() {
    const Stretch stretch{nodes_};
    ShardClient& client = *nodes_.clients.front();
    const std::size_t before = nodes_.workload.known().size();
    const std::size_t all = before + fleet_.tasks / 2;
    while (nodes_.workload.known().size() < all && !nodes_.workload.done()) {
      client.act();
      nodes_.run_until(nodes_.world.now() + 10ms);
    }
    await("tasks end", [&] { return client.is_done(); });
    const auto tasks = nodes_.workload.known().size() - before;
    stretch.print("tasks are done", tasks, "tasks");
    const double rested = in_seconds(stretch.lasts());
    std::printf(
        "%-22s %10s %12.1f %16.4f   beside those of the rest\n", "  of each task", "",
        (static_cast<double>(stretch.messages()) - rested * messages_at_rest_) / static_cast<double>(tasks),
        (static_cast<double>(stretch.cpu().count()) - rested * cpu_at_rest_) / 1e6 / static_cast<double>(tasks));
  }

  template <class Change>
  void move(const char* what, const Change& change) {
    const auto before = nodes_.table.view().shards;
    const Stretch stretch{nodes_};
    change();
    nodes_.run_until(nodes_.world.now() + 3s);  // the brokers have noticed
    await("workers have followed", [this] { return nodes_.is_settled() && nodes_.are_workers_open(); });
    const auto after = nodes_.table.view().shards;
    std::uint64_t moves = 0;
    for (std::size_t i = 0; i < after.size(); ++i) moves += after[i].broker == before[i].broker ? 0 : 1;
    stretch.print(what, moves, "moves");
    check_places();
  }

  // Every worker has a session with the owner of each shard that has a queue of it, as the owner knows. Returns the
  // number of these sessions.
  std::uint64_t check_places() {
    std::uint64_t sessions = 0;
    for (const broker::OwnedShard& shard : nodes_.table.view().shards) {
      const ShardProcess* process = nodes_.owner(shard);
      if (process == nullptr) throw Violation{"shards: shard " + std::to_string(shard.number) + " has no owner"};
      std::set<std::string> there;
      for (const auto& worker : process->core().state().workers)
        if (worker.second->session.peer) there.insert(worker.second->session.name.str());
      for (const auto& worker : nodes_.workers) {
        if (!worker->serves(static_cast<std::uint32_t>(shard.number))) continue;
        ++sessions;
        if (!there.contains(worker->name()))
          throw Violation{"shards: " + worker->name() + " is not at the owner of shard " +
                          std::to_string(shard.number)};
      }
    }
    return sessions;
  }

  const FleetOptions fleet_;
  ShardNodes nodes_;
  double messages_at_rest_ = 0;  // a second
  double cpu_at_rest_ = 0;       // ns a second
};

}  // namespace

bool run_fleet(const FleetOptions& fleet) {
  const auto simulation = std::make_unique<Fleet>(fleet);
  try {
    simulation->run();
  } catch (const Violation& found) {
    std::printf("%s\n", found.what());
    return false;
  }
  return true;
}

}  // namespace forkmill::sim
