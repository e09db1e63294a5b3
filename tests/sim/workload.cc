#include "tests/sim/workload.h"

#include <forkmill/signature.h>

#include <algorithm>

namespace forkmill::sim {

using namespace std::chrono_literals;

std::vector<proto::Submission> Workload::next_burst() {
  std::vector<proto::Submission> tasks;
  const auto left = world_.options.tasks - known_.size();
  for (auto count = std::min<std::size_t>(left, world_.random.between(1, world_.options.burst)); count > 0; --count)
    tasks.push_back(make());
  return tasks;
}

proto::Submission Workload::make() {
  auto task = world_.random.chance(world_.options.keyed) ? make_keyed() : make_fresh();
  known_.push_back(task.id);
  return task;
}

// The same again as one before, or another one that may come again.
proto::Submission Workload::make_keyed() {
  if (!keyed_.empty() && world_.random.chance(0.5)) return world_.random.pick(keyed_);
  proto::Submission task = make_fresh();
  task.options.key = "key-" + std::to_string(keyed_.size());
  task.id = TaskId::of_key(task.queue, task.options.key);
  keyed_.push_back(task);
  return task;
}

proto::Submission Workload::make_fresh() {
  Random& random = world_.random;
  proto::Submission task;
  // Its last four digits count: they name it in a trace.
  const auto number = known_.size() + 1;
  task.id = TaskId::make(static_cast<std::uint64_t>(world_.both().unix_time.count()), random.next(),
                         (random.next() & ~std::uint64_t{0xFFFF}) | number);
  task.queue = queue_name(random.below(world_.options.queues));
  task.name = task_name(random.below(world_.options.kinds));
  task.signature = random.chance(0.5) ? signature_hash(kSignature) : 0;
  task.options = draw_options();
  const bool large = random.chance(world_.options.large);
  task.payload = proto::Payload::own(std::string(large ? random.between(16'000, 40'000) : random.below(200), 'a'));
  return task;
}

proto::TaskOptions Workload::draw_options() {
  Random& random = world_.random;
  const Options& options = world_.options;
  const auto ms = [&](std::uint64_t least, std::uint64_t most) {
    return milliseconds{static_cast<std::int64_t>(random.between(least, most))};
  };
  proto::TaskOptions task;
  if (random.chance(options.priorities))
    task.priority = static_cast<std::int8_t>(static_cast<int>(random.below(5)) - 2);
  const auto longest = static_cast<std::uint64_t>(options.longest_delay / 1ms);
  if (random.chance(options.delayed)) task.delay = ms(1, longest);
  if (random.chance(options.delayed / 2)) task.not_before = world_.both().unix_time + ms(1, 20'000);
  task.max_attempts = static_cast<std::uint32_t>(random.between(1, options.max_attempts));
  task.backoff = {ms(0, 500), ms(500, 5'000), static_cast<std::uint8_t>(random.below(101))};
  if (random.chance(options.limited)) task.soft_timeout = ms(1, 2'000);
  if (random.chance(options.limited)) task.timeout = ms(1, 2'000);
  if (random.chance(options.expiring)) task.expires = ms(1, longest / 2);
  if (random.chance(options.memory_tasks)) task.durability = proto::Durability::memory;
  task.retry_errors = random.chance(options.retry_errors);
  task.at_most_once = random.chance(options.at_most_once);
  return task;
}

}  // namespace forkmill::sim
