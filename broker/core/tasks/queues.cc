#include "broker/core/tasks/queues.h"

#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

Queue* Queues::find(std::string_view name) const {
  const auto found = queues_.find(name);
  return found == queues_.end() ? nullptr : found->second.get();
}

Queue* Queues::find_or_make(std::string_view name) {
  if (Queue* known = find(name)) return known;
  if (queues_.size() >= limits_.queues) return nullptr;
  Queue* base = is_process_queue(name) ? find_or_make(base_queue(name)) : nullptr;
  if (is_process_queue(name) && (base == nullptr || queues_.size() >= limits_.queues)) return nullptr;
  const auto named = limits_.named.find(std::string{base_queue(name)});
  auto made =
      std::make_unique<Queue>(std::string{name}, named != limits_.named.end() ? named->second : limits_.standard,
                              limits_.resident, needs_refill_);
  Queue* queue = queues_.emplace(std::string{name}, std::move(made)).first->second.get();
  if (base == nullptr) return queue;
  process_queues_.push_back(queue);
  return base->processes = queue;
}

}  // namespace forkmill::broker
