#include "broker/core/lifecycle/log_reports.h"

#include <algorithm>
#include <utility>

#include "broker/core/tasks/process_queue.h"
#include "proto/mutants.h"

namespace forkmill::broker {

void LogReports::handle(Worker& worker, const proto::Logs& logs) {
  for (const proto::LogNote& note : logs.notes) {
    if (state_.shortage.memory) {
      take_without_texts(worker, note);
      continue;
    }
    const Task* task = grants_.held(worker, note.grant);
    if (proto::mutant(proto::Mutant::log_of_other_attempt) && note.grant.attempt.value() > 1) {
      proto::LogNote other = note;
      other.grant.attempt = proto::Attempt{1};
      if (task != nullptr)
        state_.tasks.logs.add(other, worker.handle.value(), QueueOptions{}.log_bytes, state_.clock.stamp());
      continue;
    }
    if (task == nullptr) {
      (void)state_.tasks.logs.add_to_known(note, worker.handle.value(), state_.clock.stamp());
      continue;
    }
    const std::size_t limit = task->queue()->budget.limits().log_bytes;
    if (limit > 0) state_.tasks.logs.add(note, worker.handle.value(), limit, state_.clock.stamp());
  }
}

// A log that is there must end nevertheless: a client that follows it waits for that.
void LogReports::take_without_texts(const Worker& worker, const proto::LogNote& note) {
  const proto::LogNote rest{note.grant, {}, note.end, note.last};
  (void)state_.tasks.logs.add_to_known(rest, worker.handle.value(), state_.clock.stamp());
}

void tell_log_limits(BrokerState& state, Worker& worker) {
  if (!worker.info.logs) return;
  proto::LogLimits limits;
  for (const Queue* queue : worker.offer->queues()) {
    if (is_process_queue(queue->name())) continue;
    const std::size_t bytes = state.queues.limits_of(queue->name()).log_bytes;
    if (bytes != state.options.queue.log_bytes) limits.limits.push_back({queue->name(), bytes});
  }
  if (!limits.limits.empty()) state.output.send(worker.session, std::move(limits));
}

void tell_log_limit(BrokerState& state, std::string_view queue) {
  const std::size_t bytes = state.queues.limits_of(queue).log_bytes;
  for (const auto& [handle, worker] : state.workers) {
    const auto& queues = worker->offer->queues();
    const bool serves =
        std::any_of(queues.begin(), queues.end(), [&](const Queue* one) { return one->name() == queue; });
    if (serves && worker->info.logs)
      state.output.send(worker->session, proto::LogLimits{{{std::string{queue}, bytes}}});
  }
}

}  // namespace forkmill::broker
