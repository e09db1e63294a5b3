#include "broker/core/state/broker_state.h"

#include <algorithm>
#include <utility>

#include "broker/core/tasks/process_queue.h"
#include "proto/check.h"

namespace forkmill::broker {

Queue* BrokerState::queue(std::string_view name) {
  if (auto found = queues.find(name); found != queues.end()) return found->second.get();
  if (queues.size() >= options.max_queues) return nullptr;
  Queue* base = is_process_queue(name) ? queue(base_queue(name)) : nullptr;
  if (is_process_queue(name) && (base == nullptr || queues.size() >= options.max_queues)) return nullptr;
  const auto named = options.queues.find(std::string{base_queue(name)});
  auto made = std::make_unique<Queue>(std::string{name}, named != options.queues.end() ? named->second : options.queue,
                                      options.resident, needs_refill);
  Queue* queue = queues.emplace(std::string{name}, std::move(made)).first->second.get();
  if (base == nullptr) return queue;
  process_queues.push_back(queue);
  return base->processes = queue;
}

Instant BrokerState::first_due(const proto::TaskOptions& task, Instant arrived) const {
  const Instant due = arrived + task.delay;
  if (task.not_before <= now.unix_time) return due;
  return std::max(due, now.steady + Instant{task.not_before - now.unix_time});
}

void BrokerState::line_up(Task& task) {
  task.queue->push(task);
  if (!task.in_paged_out_line) return;
  if (task.durable) return put_away(task);
  in_paged_out_line.emplace(task.seq, &task);
}

void BrokerState::take_out_of_line(Task& task) {
  if (task.in_paged_out_line) in_paged_out_line.erase(task.seq);
  task.queue->remove(task);
}

void BrokerState::put_away(Task& task) {
  FORKMILL_CHECK(task.durable);
  if (is_terminal(task.state)) {
    paged_out_deadlines.add(task.kept_until, task.seq);
  } else {
    if (task.state == State::scheduled) {
      no_longer_scheduled(task);
      paged_out_deadlines.add(task.ready_at, task.seq);
    } else {
      in_paged_out_line.erase(task.seq);
    }
    if (task.attempts.value() == 0 && task.expires_at != proto::kNever)
      paged_out_deadlines.add(task.expires_at, task.seq);
    if (task.watchers != nullptr && !proto::mutant(proto::Mutant::watchers_left_behind))
      paged_out_watchers[task.seq] = std::move(*task.watchers);
  }
  if (task.rewritten) outdated[task.seq] = last_ticket;
  tasks.put_away(task);
}

void BrokerState::step(Task& task, Event event) {
  const auto to = next_state(task.state, event);
  FORKMILL_CHECK(to.has_value());
  if (task.state == State::running) --task.queue->running;
  if (task.state == State::scheduled) {
    --task.queue->scheduled;
    no_longer_scheduled(task);
  }
  task.state = *to;
  if (task.state == State::running) ++task.queue->running;
  if (task.state == State::scheduled) {
    ++task.queue->scheduled;
    ++resident_scheduled;
  }
}

void BrokerState::no_longer_scheduled(Task& task) {
  --resident_scheduled;
  if (std::exchange(task.fetched_early, false)) --fetched_early;
}

}  // namespace forkmill::broker
