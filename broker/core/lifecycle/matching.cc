#include "broker/core/lifecycle/matching.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "proto/buggify.h"
#include "proto/mutants.h"

namespace forkmill::broker {

void Matching::run() {
  wake_offers();
  lines_.update();
  if (state_.clock.now() < state_.grace_until) return;
  give_pool();
  give_processes();
}

// Lets all offers ask again if tasks may be granted that were not: operators have resumed a task name, or a worker has
// come or gone where workers are given the tasks that none of them has.
void Matching::wake_offers() {
  const bool steered = std::exchange(known_controls_, state_.controls.version) != state_.controls.version;
  const bool others = std::exchange(known_registry_, registry_.version()) != registry_.version();
  if (steered || (others && state_.options.grants_unknown)) state_.offers.note_all();
}

// ---- Tasks of the pool ----------------------------------------------------------------------------------------------

// Each worker with an idle child gets one task in turn, or some of many brief ones, and then the others get the rest as
// prefetch in small runs. A worker's prefetch only hides the time of a message to it.
void Matching::give_pool() {
  if (state_.offers.awake().empty()) return;
  give(WorkerLine::idle);
  give(WorkerLine::busy);
  state_.offers.drop_asleep();
}

void Matching::give(WorkerLine line) {
  turns_.clear();
  for (Offer* offer : state_.offers.awake()) add_turn(*offer, line);
  while (!turns_.empty()) {
    std::pop_heap(turns_.begin(), turns_.end());
    Offer& offer = *turns_.back().offer;
    turns_.pop_back();
    const Offer::Workers& workers = offer.line(line);
    Worker& worker = *(proto::buggify(proto::Path::other_turn) ? workers.back() : workers.front());
    if (give_run(worker, line)) add_turn(offer, line);
  }
}

void Matching::add_turn(Offer& offer, WorkerLine line) {
  if (!offer.is_awake() || offer.line(line).empty()) return;
  turns_.push_back({offer.line(line).front()->place.since, &offer});
  std::push_heap(turns_.begin(), turns_.end());
}

// A worker that has got nothing keeps its place.
bool Matching::give_run(Worker& worker, WorkerLine line) {
  std::size_t given = 0;
  bool has_more = true;
  bool goes_on = lines_.line_for(worker) == line;
  while (goes_on) {
    Task* task = next_task(worker);
    has_more = task != nullptr;
    if (!has_more) break;
    grants_.grant(*task, worker);
    ++given;
    const std::size_t most = line == WorkerLine::idle ? run_for_idle(*task) : kRun;
    goes_on = given < most && lines_.line_for(worker) != WorkerLine::none;
  }
  if (const WorkerLine now = lines_.line_for(worker); given > 0 || now != line) lines_.move(worker, now);
  return has_more;
}

// A worker has run all brief tasks of a message before another one would have got some of them in a message of its own.
// Few tasks go to a worker each nevertheless: they may wait for each other. So do the last ones of many.
std::size_t Matching::run_for_idle(const Task& task) const {
  if (proto::buggify(proto::Path::run_for_idle)) return kRun;
  constexpr Instant kBrief = std::chrono::microseconds{8};
  constexpr std::size_t kShare = 8;  // a worker gets an eighth of the ready tasks, at most
  const bool is_brief = state_.totals.times.of(task.spec, state_.clock.now()).usual_run <= kBrief;
  return is_brief ? std::min(kRun, task.queue()->ready.size() / kShare) : 1;
}

// The turn passes on only with a task. Another worker may have taken what a queue had, and a search in vain that moved
// the turn would let the next queue have two turns in a row.
Task* Matching::next_task(Worker& worker) {
  Offer& offer = *worker.offer;
  std::optional<std::size_t> held;  // the first queue that has tasks and may not grant one now
  std::size_t place = proto::mutant(proto::Mutant::queue_turns_ignored) ? 0 : worker.place.queue_turn;
  for (;;) {
    const auto noted = offer.next_noted(place);
    if (!noted || noted == held) return nullptr;
    Queue& queue = *offer.queues()[*noted];
    place = *noted + 1 == offer.queues().size() ? 0 : *noted + 1;
    if (queue.ready.size() > 0 && !queue.may_grant()) {
      if (!held) held = noted;
      continue;
    }
    Task* task = next_in(queue, worker);
    // A queue that has given its last task need not be searched in vain for the next one.
    if (task == nullptr || queue.ready.size() == 0) offer.forget(*noted);
    if (task == nullptr) continue;
    worker.place.queue_turn = place;
    return task;
  }
}

Task* Matching::next_in(Queue& queue, const Worker& worker) const {
  const auto serves_type = [&](TaskTypeId type) { return takes(worker, type); };
  const auto& types = queue.ready.types();
  // Most of the time one type is ready, and asked for once. If the worker does not serve it, the lanes need not be
  // walked.
  if (types.size() == 1) {
    const TaskTypeId only = types.begin()->first;
    if (!serves_type(only)) return nullptr;
    const auto serves = [&](TaskTypeId type) { return type == only || serves_type(type); };
    return queue.ready.pop(std::cref(serves));
  }
  constexpr std::size_t kFew = 4;
  if (types.size() <= kFew &&
      std::none_of(types.begin(), types.end(), [&](const auto& type) { return serves_type(type.first); }))
    return nullptr;
  return queue.ready.pop(serves_type);
}

bool Matching::takes(const Worker& worker, TaskTypeId type) const {
  if (state_.controls.is_name_paused(state_.task_types.name(type))) return false;
  if (worker.offer->serves(state_.task_types, type)) return true;
  if (!state_.options.grants_unknown) return false;
  const TaskTypes& types = state_.task_types;
  return registry_.ask(types.name(type), types.signature(type)) != Registry::Answer::served;
}

// ---- Tasks with a process of their own ------------------------------------------------------------------------------

void Matching::give_processes() {
  const auto& queues = state_.queues.process_queues();
  if (std::none_of(queues.begin(), queues.end(), [](const Queue* queue) { return queue->ready.size() > 0; })) return;
  std::vector<Worker*>& candidates = for_processes_;
  candidates.clear();
  for (const auto& [handle, worker] : state_.workers)
    if (worker->wants_process() && lines_.may_grant(*worker)) candidates.push_back(worker.get());
  while (!candidates.empty()) {
    const auto next = std::min_element(candidates.begin(), candidates.end(), [](const Worker* a, const Worker* b) {
      return std::pair{a->processes, a->handle} < std::pair{b->processes, b->handle};
    });
    Worker& worker = **next;
    Task* task = next_process(worker);
    if (task != nullptr) grants_.grant(*task, worker);
    if (task == nullptr || !worker.wants_process()) candidates.erase(next);
  }
}

Task* Matching::next_process(Worker& worker) {
  const auto serves_type = [&](TaskTypeId type) { return takes(worker, type); };
  const std::vector<Queue*>& queues = worker.offer->queues();
  for (std::size_t i = 0; i < queues.size(); ++i) {
    const Queue& queue = *queues[worker.place.process_turn++ % queues.size()];
    if (queue.processes != nullptr && queue.processes->ready.size() > 0 && queue.may_grant())
      if (Task* task = queue.processes->ready.pop(serves_type)) return task;
  }
  return nullptr;
}

}  // namespace forkmill::broker
