#include <algorithm>
#include <iterator>
#include <sstream>

#include "tests/sim/world/options.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

double half_of_the_time(Random& random, double most) { return random.chance(0.5) ? most * random.unit() : 0; }

// Leaves out what belongs to one broker, and what the history cannot tell apart when a task may have several owners at
// a time: results that are kept briefly, tasks in memory, views of all tasks.
void simplify(Options& options) {
  options.durable = true;
  options.disk = {};
  options.objects = {};
  options.memory_tasks = options.queries = options.operators = options.steering = options.watching = 0;
  options.strays = options.short_lived = options.processes = options.daemons = options.signals = options.families = 0;
  options.max_processes = 0;
  options.principals = 1;
  options.deaf = 0;
  options.reject_when_full = options.specialists = false;
  options.result_window = 0;
  options.most_skew = {};
  options.faults.wall_jump = options.faults.stranger = options.faults.no_memory = options.faults.absence = 0;
  options.faults.stumble = 0;
  broker::CoreOptions core;
  core.heartbeat = options.core.heartbeat;
  core.session_timeout = options.core.session_timeout;
  core.timeout_grace = options.core.timeout_grace;
  core.ack_delay = options.core.ack_delay;
  core.window = options.core.window;
  core.restart_grace = options.core.restart_grace;
  core.resident = options.core.resident;
  options.core = core;
  options.commit_delay = std::min(options.commit_delay, Instant{300ms});
  options.longest_delay = std::min(options.longest_delay, Instant{20s});
}

std::string draw_queue(Random& random, std::size_t number, std::uint32_t shards) {
  const std::string name = "queue-" + std::to_string(number);
  if (random.chance(0.4)) return name + "@*";
  return random.chance(0.3) ? name + "@" + std::to_string(random.between(1, shards)) : name;
}

}  // namespace

Options draw_sharded(std::uint64_t seed) {
  Options options = draw(seed);
  simplify(options);
  Random random{seed * 0xD1342543DE82EF95ULL + 5};
  ShardOptions& sharding = options.sharding;
  constexpr std::uint32_t kShards[] = {2, 3, 4, 8};
  sharding.shards = kShards[random.below(std::size(kShards))];
  sharding.brokers = random.between(1, 3);
  options.queues = random.between(1, 4);
  for (std::size_t i = 0; i < options.queues; ++i) sharding.queues.push_back(draw_queue(random, i, sharding.shards));
  sharding.misled = random.chance(0.3) ? 0.5 : 0;
  Random of_locks{seed * 0xD1342543DE82EF95ULL + 6};
  if (of_locks.chance(0.5)) sharding.locks = of_locks.between(1, 4);
  if (random.chance(0.1)) return options;  // nothing but the faults of every cluster
  sharding.lease_loss = half_of_the_time(random, 6);
  sharding.outage = half_of_the_time(random, 4);
  if (sharding.brokers == 1) return options;
  sharding.drain = half_of_the_time(random, 6);
  sharding.placement = half_of_the_time(random, 10);
  return options;
}

std::string to_string(const ShardOptions& sharding) {
  if (sharding.shards == 1) return "";
  std::ostringstream text;
  text.precision(3);
  text << "  " << sharding.shards << " shards, " << sharding.brokers << " brokers; queues";
  for (const std::string& queue : sharding.queues) text << " " << queue;
  text << "; misled " << sharding.misled << "; a minute: lease lost " << sharding.lease_loss << ", database away "
       << sharding.outage << ", broker drained " << sharding.drain << ", shard placed " << sharding.placement << "; "
       << sharding.locks << " locks\n";
  return text.str();
}

}  // namespace forkmill::sim
