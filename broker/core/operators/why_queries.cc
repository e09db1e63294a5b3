#include "broker/core/operators/why_queries.h"

#include <algorithm>
#include <vector>

#include "broker/core/operators/attempt_row.h"
#include "broker/core/operators/why/why_queue.h"
#include "broker/core/operators/why/why_task.h"
#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

namespace {

// Where the answer comes from, if the cluster has several shards.
void add_shard(PackedMap& map, const Identity& identity) {
  if (identity.shards > 1) map.add("shard", identity.shard).add("broker", identity.broker);
}

}  // namespace

ReplyBody WhyQueries::task(const Client& client, const Task& named) const {
  std::vector<PackedMap> attempts;
  for (const AttemptEnd& end : ended_attempts(state_, named)) attempts.push_back(packed(end));
  PackedMap map;
  add_shard(map, state_.identity);
  return map.add("id", id_for(client, named).to_string())
      .add("queue", base_queue(named.spec->queue))
      .add("name", named.spec->name)
      .add("state", state_name(named.state))
      .add("attempt", named.attempts.value())
      .add("max_attempts", named.options().max_attempts)
      .add("findings", packed(why_task(state_, serving_, named, processes_.waits(named))))
      .add("attempts", attempts);
}

ReplyBody WhyQueries::queue(const std::string& name) const {
  std::vector<PackedMap> rows;
  const Queue* queue = state_.queues.find(name);
  if (const Findings findings = why_queue(state_, serving_, name); !findings.empty()) {
    const Queue* processes = queue->processes;
    const auto sum = [&](auto count) { return count(*queue) + (processes == nullptr ? 0 : count(*processes)); };
    add_shard(rows.emplace_back(), state_.identity);
    rows.back()
        .add("name", name)
        .add("ready", sum([](const Queue& one) { return one.ready.size(); }))
        .add("running", sum([](const Queue& one) { return one.running; }))
        .add("scheduled", sum([](const Queue& one) { return one.scheduled; }))
        .add("workers", serving_.workers_of(*queue))
        .add("findings", packed(findings));
  }
  return PackedMap{}.add("queues", rows);
}

ReplyBody WhyQueries::worker(const std::string& name) const {
  std::vector<const Worker*> workers;
  for (const auto& [handle, worker] : state_.workers)
    if (worker->session.name.str() == name) workers.push_back(worker.get());
  std::sort(workers.begin(), workers.end(), [](const Worker* a, const Worker* b) { return a->handle < b->handle; });
  if (workers.size() > kMaxWorkers) workers.resize(kMaxWorkers);
  std::vector<PackedMap> rows;
  rows.reserve(workers.size());
  for (const Worker* worker : workers) {
    rows.push_back(PackedMap{}
                       .add("name", name)
                       .add("host", worker->session.host)
                       .add("pid", worker->session.pid)
                       .add("findings", packed(why_worker(state_, serving_, *worker))));
  }
  return PackedMap{}.add("workers", rows);
}

}  // namespace forkmill::broker
