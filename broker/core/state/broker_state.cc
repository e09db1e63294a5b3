#include "broker/core/state/broker_state.h"

#include <algorithm>
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
      task_types{options.max_task_types},
      tasks{last_used_seq(identity)},
      queues{{options.max_queues, options.queue, options.queues, options.resident}, task_types},
      output{identity.commit} {}

Instant BrokerState::first_due(const proto::TaskOptions& task, Instant arrived) const {
  const Instant due = arrived + task.delay;
  if (task.not_before <= clock.unix_time()) return due;
  return std::max(due, clock.now() + Instant{task.not_before - clock.unix_time()});
}

void BrokerState::plan_paged_out(proto::TaskSeq seq, const proto::TaskOptions& task, Instant arrived) {
  const Instant due = first_due(task, arrived);
  if (due > arrived + task.delay && !proto::mutant(proto::Mutant::clock_step_ignored))
    paging.wall_deadlines.add(Instant{task.not_before}, seq);
  else
    paging.deadlines.add(due, seq);
}

void BrokerState::add_to_lane(Task& task) {
  task.queue->ready.push(task);
  if (!task.paging.in_paged_out_part) return;
  if (task.durable) return put_away(task);
  paging.in_paged_out_part.emplace(task.seq, &task);
}

void BrokerState::remove_from_lane(Task& task) {
  if (task.paging.in_paged_out_part) paging.in_paged_out_part.erase(task.seq);
  task.queue->ready.remove(task);
}

void BrokerState::put_away(Task& task) {
  FORKMILL_CHECK(task.durable);
  if (is_terminal(task.state)) {
    paging.deadlines.add(task.finished.kept_until, task.seq);
  } else {
    if (task.state == State::scheduled) {
      paging.no_longer_scheduled(task);
      if (task.attempts.value() == 0)
        plan_paged_out(task.seq, task.options(), arrived(task.seq, task.submitted_at));
      else
        paging.deadlines.add(task.ready_at, task.seq);
    } else {
      paging.in_paged_out_part.erase(task.seq);
    }
    if (task.attempts.value() == 0 && task.expires_at != proto::kNever) paging.deadlines.add(task.expires_at, task.seq);
    if (task.watchers != nullptr && !proto::mutant(proto::Mutant::watchers_left_behind))
      paging.watchers[task.seq] = std::move(*task.watchers);
  }
  if (task.paging.rewritten) paging.outdated[task.seq] = output.last_ticket;
  tasks.put_away(task);
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

}  // namespace forkmill::broker
