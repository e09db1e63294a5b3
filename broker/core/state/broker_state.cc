#include "broker/core/state/broker_state.h"

#include <utility>

#include "broker/store/store.h"
#include "proto/check.h"
#include "proto/mutants.h"

namespace forkmill::broker {

namespace {

// The number after which new tasks are numbered.
proto::TaskSeq last_used_seq(const Identity& identity) {
  const std::uint64_t last = identity.last_seq.value();
  const bool again = proto::mutant(proto::Mutant::numbers_used_again) && last >= Store::kLeftOut;
  return proto::TaskSeq{again ? last - Store::kLeftOut : last};
}

}  // namespace

BrokerState::BrokerState(CoreOptions core_options, Identity who, proto::Now start)
    : options{std::move(core_options)},
      identity{std::move(who)},
      clock{start},
      task_types{options.names.task_types},
      tasks{last_used_seq(identity)},
      events{options.events},
      queues{{options.names.queues, options.queue, options.queues, options.resident, controls}, task_types},
      output{identity.commit} {
  tasks.logs.set_budget(options.log_memory);
}

void BrokerState::step(Task& task, Event event) {
  const auto to = next_state(task.state, event);
  FORKMILL_CHECK(to.has_value());
  if (task.state == State::running) --task.queue->running;
  if (task.state == State::scheduled) {
    --task.queue->scheduled;
    paging.no_longer_scheduled(task);
  }
  task.state = *to;
  if (task.state == State::running) ++task.queue->running;
  if (task.state == State::scheduled) {
    ++task.queue->scheduled;
    ++paging.scheduled;
  }
}

TaskEvent BrokerState::event_of(TaskEventKind kind, const Task& task, const EventDetails& details) const {
  TaskEvent event;
  event.kind = kind;
  event.state = task.state;
  event.attempt = task.attempts;
  event.id = task.id;
  event.seq = task.seq;
  event.spec = task.spec;
  event.at = clock.stamp();
  if (task.state == State::scheduled) event.due = clock.stamp(task.ready_at);
  if (details.before != nullptr) event.before = *details.before;
  if (details.worker != nullptr) event.worker = *details.worker;
  if (details.outcome == nullptr) return event;
  const proto::Outcome& outcome = *details.outcome;
  event.outcome = outcome.kind;
  event.worker = outcome.worker;
  event.run_us = outcome.run_us;
  if (outcome.error) event.code = outcome.error->code;
  event.dead_letter = is_dead_letter(task);
  return event;
}

}  // namespace forkmill::broker
