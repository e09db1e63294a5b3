#include "tests/sim/users/workload.h"

#include <forkmill/signature.h>

#include <algorithm>

namespace forkmill::sim {

using namespace std::chrono_literals;

std::vector<proto::Submission> Workload::next_burst(milliseconds skew) {
  std::vector<proto::Submission> tasks;
  const auto left = world_.options.tasks - std::min(made_, world_.options.tasks);
  for (auto count = std::min<std::size_t>(left, world_.random.between(1, world_.options.burst)); count > 0; --count) {
    ++made_;
    const bool under_key = world_.options.keyed > 0 && world_.random.chance(world_.options.keyed);
    const bool stray = !under_key && world_.options.strays > 0 && world_.random.chance(world_.options.strays);
    tasks.push_back(under_key ? make_under_key(skew) : stray ? make_stray(skew) : make(skew));
  }
  return tasks;
}

proto::Submission Workload::make(milliseconds skew) {
  Random& random = world_.random;
  proto::Submission task;
  task.id = next_id(skew);
  task.edit().queue = queue_name(random.below(world_.options.queues));
  task.edit().name = task_name(random.below(world_.options.kinds));
  task.edit().signature = random.chance(0.5) ? signature_hash(kSignature) : 0;
  task.edit().options = draw_options(skew);
  const bool large = random.chance(world_.options.large);
  task.payload = proto::Payload::own(std::string(large ? random.between(16'000, 40'000) : random.below(200), 'a'));
  known_.push_back(task.id);
  return task;
}

proto::Submission Workload::make_stray(milliseconds skew) {
  proto::Submission task = make(skew);
  task.edit().queue = "stray-" + std::to_string(known_.size());
  task.edit().options.expires = milliseconds{static_cast<std::int64_t>(world_.random.between(1, 2000))};
  task.edit().options.not_before = milliseconds{0};
  task.edit().options.delay = milliseconds{0};
  return task;
}

TaskId Workload::next_id(milliseconds skew) {
  // The last four digits count the tasks: they name a task in a trace.
  const auto number = known_.size() + 1;
  return TaskId::make(static_cast<std::uint64_t>(world_.both(skew).unix_time.count()), world_.random.next(),
                      (world_.random.next() & ~std::uint64_t{0xFFFF}) | number);
}

// All tasks of one key are alike, but some have other arguments.
proto::Submission Workload::make_under_key(milliseconds skew) {
  const std::string key = "key-" + std::to_string(world_.random.below(world_.options.keys));
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    proto::Submission task = make(skew);
    known_.pop_back();
    task.edit().options.key = key;
    task.edit().options.at_most_once = false;
    task.id = TaskId::of_key(task.spec->queue, key);
    known_.push_back(task.id);
    found = by_key_.emplace(key, std::move(task)).first;
  }
  proto::Submission task = found->second;
  task.payload = proto::Payload::own(world_.random.chance(world_.options.other_body) ? "other" : "same");
  return task;
}

proto::TaskOptions Workload::draw_options(milliseconds skew) {
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
  if (random.chance(options.delayed / 2)) task.not_before = world_.both(skew).unix_time + ms(1, 20'000);
  task.max_attempts = static_cast<std::uint32_t>(random.between(1, options.max_attempts));
  const int times = random.chance(0.1) ? 20 : 1;
  task.backoff = {times * ms(0, 500), times * ms(500, 5'000), static_cast<std::uint8_t>(random.below(101))};
  if (random.chance(options.limited)) task.soft_timeout = ms(1, 2'000);
  if (random.chance(options.limited)) task.timeout = ms(1, 2'000);
  if (random.chance(options.expiring)) task.expires = ms(1, longest / 2);
  if (random.chance(options.memory_tasks)) task.durability = proto::Durability::memory;
  task.retry_errors = random.chance(options.retry_errors);
  task.at_most_once = random.chance(options.at_most_once);
  if (options.processes > 0 && random.chance(options.processes)) {
    task.process = true;
    task.daemon = random.chance(options.daemons);
    if (task.daemon) task.durability = proto::Durability::of_queue;
  }
  if (options.short_lived > 0 && random.chance(options.short_lived)) {
    task.result_ttl = ms(1, longest);
    task.at_most_once = false;
  }
  return task;
}

}  // namespace forkmill::sim
