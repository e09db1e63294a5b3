#include "tests/sim/shards/routing.h"

#include <algorithm>

#include "tests/sim/world/trace.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

namespace {

[[noreturn]] void misrouted(const TaskId& id, const std::string& text) {
  throw Violation{"shards: task " + brief(id) + " " + text};
}

}  // namespace

void Routing::submits(std::uint64_t client, const proto::Submission& task, const proto::QueuePlace& place) {
  Known& known = tasks_[task.id];
  known.place = place;
  known.key = task.spec->options.key;
  if (place.is_everywhere && known.key.empty()) turns_[client].push_back(task.id);
}

void Routing::arrives(std::uint32_t shard, const proto::Envelope& envelope) {
  const auto* submit = std::get_if<proto::Submit>(&envelope.message);
  if (submit == nullptr) return;
  for (const proto::Submission& task : submit->tasks) arrives(shard, task);
}

void Routing::arrives(std::uint32_t shard, const proto::Submission& task) {
  const auto found = tasks_.find(task.id);
  if (found == tasks_.end()) misrouted(task.id, "was never submitted");
  Known& known = found->second;
  const std::string where = " came to shard " + std::to_string(shard);
  if (!known.place.is_on(shard, shards_)) misrouted(task.id, "of queue " + known.place.name + where);
  if (known.place.is_everywhere && !known.key.empty() && proto::shard_of(known.key, shards_) != shard)
    misrouted(task.id, "under key " + known.key + where);
  if (known.shard != 0 && known.shard != shard)
    misrouted(task.id, "came to shard " + std::to_string(known.shard) + " before, and" + where);
  known.shard = shard;
}

bool Routing::has_deposed_run_since(const TaskId& id, Instant when) const {
  const std::uint32_t shard = tasks_.at(id).shard;
  return std::ranges::any_of(deposed_ran_,
                             [&](const auto& one) { return (shard == 0 || shard == one.first) && one.second >= when; });
}

void Routing::check_spread(std::uint64_t client) const {
  const auto found = turns_.find(client);
  if (found == turns_.end()) return;
  std::vector<std::size_t> counts(shards_);
  for (const TaskId& id : found->second)
    if (const std::uint32_t shard = tasks_.at(id).shard; shard != 0) ++counts[shard - 1];
  const auto [fewest, most] = std::ranges::minmax(counts);
  if (most - fewest <= 1) return;
  throw Violation{"shards: of the tasks of a client for queues on all shards, one shard got " + std::to_string(most) +
                  " and another one " + std::to_string(fewest)};
}

}  // namespace forkmill::sim
