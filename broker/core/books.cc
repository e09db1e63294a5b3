#include "broker/core/books.h"

#include "proto/check.h"

namespace forkmill::broker {

Queue* Books::queue(std::string_view name) {
  if (auto found = queues.find(name); found != queues.end()) return found->second.get();
  if (queues.size() >= options.max_queues) return nullptr;
  const auto named = options.queues.find(std::string{name});
  auto made = std::make_unique<Queue>(std::string{name}, named != options.queues.end() ? named->second : options.queue);
  return queues.emplace(std::string{name}, std::move(made)).first->second.get();
}

void Books::step(Task& task, Event event) {
  const auto to = next_state(task.state, event);
  FORKMILL_CHECK(to.has_value());
  if (task.state == State::scheduled) --task.queue->scheduled;
  if (task.state == State::running) --task.queue->running;
  task.state = *to;
  if (task.state == State::scheduled) ++task.queue->scheduled;
  if (task.state == State::running) ++task.queue->running;
}

}  // namespace forkmill::broker
