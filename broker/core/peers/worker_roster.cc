#include "broker/core/peers/worker_roster.h"

#include <string>
#include <utility>

namespace forkmill::broker {

void WorkerRoster::enlist(Worker& worker, proto::WorkerInfo info) {
  by_instance_[worker.instance] = worker.handle;
  worker.info = std::move(info);
  worker.info.holding.clear();
  worker.serves.clear();
  worker.queues.all.clear();
  for (const std::string& name : worker.info.queues) worker.queues.all.push_back(&state_.queues.restore(name));
  for (Queue* queue : worker.queues.all) ++queue->workers;
  registry_.add(worker.info);
  note_tasks(worker);
}

void WorkerRoster::delist(Worker& worker) {
  for (Queue* queue : worker.queues.all) --queue->workers;
  worker.queues.all.clear();
  registry_.remove(worker.info);
  note_tasks(worker);
}

void WorkerRoster::note_tasks(const Worker& worker) {
  for (const proto::TaskInfo& task : worker.info.tasks) state_.task_types.note_workers_changed(task.name);
}

void WorkerRoster::forget(const Worker& worker) {
  const auto found = by_instance_.find(worker.instance);
  if (found != by_instance_.end() && found->second == worker.handle) by_instance_.erase(found);
}

Worker* WorkerRoster::with_instance(std::uint64_t instance) const {
  const auto found = by_instance_.find(instance);
  return found == by_instance_.end() ? nullptr : state_.worker(found->second);
}

}  // namespace forkmill::broker
