#include "broker/core/state/residency.h"

#include <utility>

#include "proto/check.h"
#include "proto/mutants.h"

namespace forkmill::broker {

void add_to_lane(BrokerState& state, Task& task) {
  task.queue()->ready.push(task);
  if (!task.paging.in_paged_out_part) return;
  if (task.durable) return put_away(state, task);
  state.paging.in_paged_out_part.emplace(task.seq, &task);
}

void remove_from_lane(BrokerState& state, Task& task) {
  if (task.paging.in_paged_out_part) state.paging.in_paged_out_part.erase(task.seq);
  task.queue()->ready.remove(task);
}

void put_away(BrokerState& state, Task& task) {
  FORKMILL_CHECK(task.durable);
  PagingState& paging = state.paging;
  if (is_terminal(task.state)) {
    paging.deadlines.add(task.finished->kept_until, task.seq);
  } else {
    if (task.state == State::scheduled) {
      paging.no_longer_scheduled(task);
      if (task.attempts.value() == 0)
        plan_paged_out(state, task.seq, task.options(), arrival(state, task.seq, task.submitted_at));
      else
        paging.deadlines.add(task.ready_at, task.seq);
    } else {
      paging.in_paged_out_part.erase(task.seq);
    }
    if (task.attempts.value() == 0 && task.expires_at() != proto::kNever)
      paging.deadlines.add(task.expires_at(), task.seq);
    if (!task.watchers().empty() && !proto::mutant(proto::Mutant::watchers_left_behind))
      paging.watchers[task.seq] = std::move(task.rare->watchers);
  }
  if (task.paging.rewritten) paging.outdated[task.seq] = state.output.last_ticket;
  state.tasks.put_away(task);
}

void plan_paged_out(BrokerState& state, proto::TaskSeq seq, const proto::TaskOptions& options, Instant arrived) {
  const Instant due = state.clock.first_due(options, arrived);
  if (due > arrived + options.delay && !proto::mutant(proto::Mutant::clock_step_ignored))
    state.paging.wall_deadlines.add(Instant{options.not_before}, seq);
  else
    state.paging.deadlines.add(due, seq);
}

void attach_more(BrokerState& state, Client& client) {
  Client::Attaching& attaching = client.attaching;
  if (attaching.rest.empty() || attaching.goes_on || client.parked || client.results.sent < attaching.after) return;
  attaching.goes_on = true;
  state.paging.attaching.emplace_back(client.handle, client.session.id);
}

void give_up_attaching(BrokerState& state, Client& client) {
  for (const auto& one : client.attaching.rest) state.paging.release(one.held);
  client.attaching = {};
}

}  // namespace forkmill::broker
