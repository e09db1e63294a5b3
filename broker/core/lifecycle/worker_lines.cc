#include "broker/core/lifecycle/worker_lines.h"

#include <algorithm>
#include <utility>

#include "proto/mutants.h"

namespace forkmill::broker {

void WorkerLines::update() {
  outdate_all_if_steered();
  end_pauses();
  std::vector<WorkerHandle>& outdated = state_.output.outdated_places;  // gets none meanwhile, and keeps its memory
  for (const WorkerHandle handle : outdated) {
    Worker* worker = state_.worker(handle);
    if (worker == nullptr) continue;
    worker->place.is_outdated = false;
    if (is_paused(*worker)) paused_.insert(handle);
    if (const WorkerLine line = line_for(*worker); line != worker->place.line) move(*worker, line);
  }
  outdated.clear();
}

Instant WorkerLines::next_wakeup() const {
  Instant next = proto::kNever;
  for (const WorkerHandle handle : paused_)
    if (const Worker* worker = state_.worker(handle); worker != nullptr && is_paused(*worker))
      next = std::min(next, worker->pause.until);
  return next;
}

bool WorkerLines::may_grant(const Worker& worker) const {
  if (is_paused(worker)) return false;
  return state_.controls.workers.empty() || !state_.controls.is_worker_paused(worker.session.name.str());
}

WorkerLine WorkerLines::line_for(const Worker& worker) const {
  if (!worker.wants_more() || !may_grant(worker)) return WorkerLine::none;
  return worker.has_idle_child() ? WorkerLine::idle : WorkerLine::busy;
}

void WorkerLines::move(Worker& worker, WorkerLine line) {
  worker.place.since = ++last_since_;
  worker.offer->move(worker.place.at, std::exchange(worker.place.line, line), line);
}

bool WorkerLines::is_paused(const Worker& worker) const {
  return state_.clock.now() < worker.pause.until && !proto::mutant(proto::Mutant::pause_ignored);
}

void WorkerLines::end_pauses() {
  if (paused_.empty()) return;
  std::erase_if(paused_, [this](WorkerHandle handle) {
    Worker* worker = state_.worker(handle);
    if (worker != nullptr && is_paused(*worker)) return false;
    if (worker != nullptr) state_.output.outdate_place(*worker);
    return true;
  });
}

// Operators pause and resume workers by name.
void WorkerLines::outdate_all_if_steered() {
  if (std::exchange(known_controls_, state_.controls.version) == state_.controls.version) return;
  for (const auto& [handle, worker] : state_.workers) state_.output.outdate_place(*worker);
}

}  // namespace forkmill::broker
