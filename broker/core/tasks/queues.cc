#include "broker/core/tasks/queues.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "broker/core/tasks/process_queue.h"
#include "proto/buggify.h"
#include "proto/mutants.h"

namespace forkmill::broker {

namespace {

// Returns how many queues must be made so that all of these count. The queue of the other tasks counts beside that of
// the processes.
template <class Names>
std::size_t queues_to_make(const Queues& queues, const Names& names) {
  std::set<std::string_view> found;
  const auto look_at = [&](std::string_view name) {
    const Queue* known = queues.find(name);
    if (known == nullptr || !known->counted) found.insert(name);
  };
  for (const std::string_view name : names) {
    look_at(name);
    look_at(base_queue(name));
  }
  return found.size();
}

}  // namespace

bool QueueCounts::has_room(std::string_view principal, std::size_t more) const {
  if (all_ + more > most_) return false;
  if (principal.empty()) return true;
  const auto found = of_principal_.find(principal);
  return (found == of_principal_.end() ? 0 : found->second) + more <= most_ / 2;
}

void QueueCounts::add(const std::string& principal) {
  ++all_;
  if (!principal.empty()) ++of_principal_[principal];
}

void QueueCounts::remove(const std::string& principal) {
  --all_;
  const auto found = of_principal_.find(principal);
  if (found != of_principal_.end() && --found->second == 0) of_principal_.erase(found);
}

Queue* Queues::find(std::string_view name) const {
  const auto found = queues_.find(name);
  return found == queues_.end() ? nullptr : found->second.get();
}

Queue* Queues::find_or_make(std::string_view name, std::string_view principal, Instant now) {
  Queue* known = find(name);
  if (known != nullptr && known->counted) return known;
  const std::array<std::string_view, 1> names{name};
  if (!counts_.has_room(principal, queues_to_make(*this, names))) make_room(now);
  if (!counts_.has_room(principal, queues_to_make(*this, names))) return nullptr;
  if (is_process_queue(name)) find_or_make(base_queue(name), principal, now);
  known = &restore(name);  // the one before may have been forgotten just now
  known->counted = true;
  known->counted_for = principal;
  counts_.add(known->counted_for);
  return known;
}

// Room is made before any of them is there: until the worker is registered, they are unused themselves.
bool Queues::make_for_worker(const std::vector<std::string>& names, std::string_view principal, Instant now) {
  if (!counts_.has_room(principal, queues_to_make(*this, names))) make_room(now);
  if (!counts_.has_room(principal, queues_to_make(*this, names))) return false;
  for (const std::string& name : names) find_or_make(name, principal, now);
  return true;
}

Queue& Queues::restore(std::string_view name) {
  if (Queue* known = find(name)) return *known;
  if (!is_process_queue(name)) return make(name);
  Queue& base = restore(base_queue(name));
  base.processes = &make(name);
  process_queues_.push_back(base.processes);
  return *base.processes;
}

Queue& Queues::make(std::string_view name) {
  auto made = std::make_unique<Queue>(std::string{name}, limits_of(base_queue(name)), limits_.resident, needs_refill_,
                                      task_types_);
  Queue& queue = *queues_.emplace(std::string{name}, std::move(made)).first->second;
  apply_control(queue);
  return queue;
}

// ---- What operators set ---------------------------------------------------------------------------------------------

QueueOptions Queues::limits_of(std::string_view queue) const {
  const auto named = limits_.named.find(std::string{queue});
  const QueueOptions& options = named != limits_.named.end() ? named->second : limits_.standard;
  const Control* control = limits_.controls.of_queue(queue);
  return control == nullptr ? options : control->over(options);
}

void Queues::apply_control(std::string_view queue) {
  if (limits_.controls.of_queue(queue) != nullptr) restore(queue);
  if (Queue* base = find(queue)) {
    apply_control(*base);
    if (base->processes != nullptr) apply_control(*base->processes);
  }
}

void Queues::apply_control(Queue& queue) const {
  const Control* control = limits_.controls.of_queue(base_queue(queue.name()));
  queue.has_control = control != nullptr && !is_process_queue(queue.name());
  queue.is_paused = control != nullptr && control->paused;
  queue.budget.set_limits(limits_of(base_queue(queue.name())));
}

// ---- Forgetting -----------------------------------------------------------------------------------------------------

// Unused queues give way to a new one at once. All are looked at, so this happens once a second at most.
void Queues::make_room(Instant now) {
  if (swept_at_ != proto::kNever && now < swept_at_ + std::chrono::seconds{1}) return;
  swept_at_ = now;
  for (bool found = true; found;) {  // the queue of the other tasks goes after that of the processes
    found = false;
    for (auto queue = queues_.begin(); queue != queues_.end();) {
      const bool unused = !queue->second->in_use();
      queue = unused ? forget(queue) : std::next(queue);
      found = found || unused;
    }
  }
}

void Queues::forget_unused(Instant now) {
  constexpr std::size_t kAtOnce = 16;
  if (proto::mutant(proto::Mutant::names_pile_up)) return;
  const Instant kept = proto::buggify(proto::Path::names_forgotten) ? Instant{0} : kKept;
  auto queue = queues_.lower_bound(next_to_look_at_);
  for (std::size_t left = std::min(kAtOnce, queues_.size()); left > 0 && !queues_.empty(); --left) {
    if (queue == queues_.end()) queue = queues_.begin();
    Queue& one = *queue->second;
    if (one.in_use()) one.unused_since = proto::kNever;
    if (!one.in_use() && one.unused_since == proto::kNever) one.unused_since = now;
    const bool over = one.unused_since != proto::kNever && now >= one.unused_since + kept;
    queue = over ? forget(queue) : std::next(queue);
  }
  next_to_look_at_ = queue == queues_.end() ? std::string{} : queue->first;
}

Queues::Map::iterator Queues::forget(Map::iterator queue) {
  Queue* gone = queue->second.get();
  ++forgotten_;
  if (gone->counted) counts_.remove(gone->counted_for);
  if (is_process_queue(gone->name())) {
    std::erase(process_queues_, gone);
    find(base_queue(gone->name()))->processes = nullptr;
  }
  return queues_.erase(queue);
}

}  // namespace forkmill::broker
