#include "broker/core/peers/worker_roster.h"

#include <string>
#include <utility>

namespace forkmill::broker {

void WorkerRoster::enlist(Worker& worker, proto::WorkerInfo info) {
  by_instance_[worker.instance] = worker.handle;
  worker.info = std::move(info);
  worker.info.holding.clear();
  std::vector<Queue*> queues;
  queues.reserve(worker.info.queues.size());
  for (const std::string& name : worker.info.queues) queues.push_back(&state_.queues.restore(name));
  for (Queue* queue : queues) ++queue->workers;
  registry_.add(worker.info);
  note_tasks(worker);
  worker.offer = &state_.offers.find_or_make(worker.info, std::move(queues));
  worker.place.at = worker.offer->add(worker);
  worker.place.line = WorkerLine::none;
  if (worker.place.queue_turn >= worker.offer->queues().size())
    worker.place.queue_turn = 0;  // the worker had more before
  worker.offer->note_all();
  state_.output.outdate_place(worker);
}

void WorkerRoster::delist(Worker& worker) {
  for (Queue* queue : worker.offer->queues()) --queue->workers;
  worker.offer->remove(worker.place.at, worker.place.line);
  worker.offer = nullptr;
  state_.offers.drop_if_unused(worker.info);
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
