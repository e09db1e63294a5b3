#include "broker/core/lifecycle/matching.h"

#include <algorithm>
#include <utility>

#include "proto/buggify.h"
#include "proto/mutants.h"

namespace forkmill::broker {

void Matching::run() {
  if (state_.clock.now() < state_.grace_until) return;
  give_pool();
  give_processes();
}

bool Matching::may_grant(const Worker& worker) const {
  return !is_paused(worker) && !state_.controls.is_worker_paused(worker.session.name.str());
}

bool Matching::is_paused(const Worker& worker) const {
  return state_.clock.now() < worker.pause.until && !proto::mutant(proto::Mutant::pause_ignored);
}

Instant Matching::next_wakeup() const {
  Instant next = proto::kNever;
  for (const auto& [handle, worker] : state_.workers)
    if (is_paused(*worker)) next = std::min(next, worker->pause.until);
  return next;
}

void Matching::give_pool() {
  candidates_.clear();
  for (const auto& [handle, worker] : state_.workers)
    if (worker->wants_more() && may_grant(*worker)) candidates_.push_back(worker.get());
  if (candidates_.empty()) return;
  std::sort(candidates_.begin(), candidates_.end(),
            [](const Worker* a, const Worker* b) { return a->handle < b->handle; });
  if (proto::buggify(proto::Path::other_turn)) ++turn_;
  std::rotate(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(turn_++ % candidates_.size()),
              candidates_.end());
  give_idle();
  give_rest();
}

// Gives one task to each worker in turn, as long as a worker has an idle child.
void Matching::give_idle() {
  bool gave = true;
  while (gave) {
    gave = false;
    for (Worker* worker : candidates_) gave = (worker->has_idle_child() && give_one(*worker)) || gave;
  }
}

// Gives the rest as prefetch in small runs. A worker's prefetch only hides the time of a message to it.
void Matching::give_rest() {
  constexpr int kRun = 16;
  bool gave = true;
  while (gave) {
    gave = false;
    for (Worker* worker : candidates_)
      for (int i = 0; i < kRun && give_one(*worker); ++i) gave = true;
  }
}

void Matching::give_processes() {
  const auto& queues = state_.queues.process_queues();
  if (std::none_of(queues.begin(), queues.end(), [](const Queue* queue) { return queue->ready.size() > 0; })) return;
  candidates_.clear();
  for (const auto& [handle, worker] : state_.workers)
    if (worker->wants_process() && may_grant(*worker)) candidates_.push_back(worker.get());
  while (!candidates_.empty()) {
    const auto next = std::min_element(candidates_.begin(), candidates_.end(), [](const Worker* a, const Worker* b) {
      return std::pair{a->processes, a->handle} < std::pair{b->processes, b->handle};
    });
    Worker& worker = **next;
    Task* task = next_process(worker);
    if (task != nullptr) grants_.grant(*task, worker);
    if (task == nullptr || !worker.wants_process()) candidates_.erase(next);
  }
}

Task* Matching::next_process(Worker& worker) {
  const auto serves_type = [&](TaskTypeId type) { return takes(worker, type); };
  for (std::size_t i = 0; i < worker.queues.all.size(); ++i) {
    const Queue& queue = *worker.queues.all[worker.queues.process_turn++ % worker.queues.all.size()];
    if (queue.processes != nullptr && queue.processes->ready.size() > 0 && queue.may_grant())
      if (Task* task = queue.processes->ready.pop(serves_type)) return task;
  }
  return nullptr;
}

bool Matching::takes(Worker& worker, TaskTypeId type) const {
  if (state_.controls.is_name_paused(state_.task_types.name(type))) return false;
  if (serves(worker, state_.task_types, type)) return true;
  if (!state_.options.grants_unknown) return false;
  const TaskTypes& types = state_.task_types;
  return registry_.ask(types.name(type), types.signature(type)) != Registry::Answer::served;
}

bool Matching::give_one(Worker& worker) {
  if (!worker.wants_more()) return false;
  Task* task = next_task(worker);
  if (task == nullptr) return false;
  grants_.grant(*task, worker);
  return true;
}

Task* Matching::next_task(Worker& worker) {
  const auto serves_type = [&](TaskTypeId type) { return takes(worker, type); };
  for (std::size_t i = 0; i < worker.queues.all.size(); ++i) {
    const std::size_t turn = proto::mutant(proto::Mutant::queue_turns_ignored) ? i : worker.queues.turn++;
    Queue& queue = *worker.queues.all[turn % worker.queues.all.size()];
    if (queue.ready.size() == 0 || !queue.may_grant()) continue;
    const auto& types = queue.ready.types();
    // Most of the time one type is ready. If the worker does not serve it, the lanes need not be walked.
    constexpr std::size_t kFew = 4;
    if (types.size() <= kFew &&
        std::none_of(types.begin(), types.end(), [&](const auto& type) { return serves_type(type.first); }))
      continue;
    if (Task* task = queue.ready.pop(serves_type)) return task;
  }
  return nullptr;
}

}  // namespace forkmill::broker
