#include "tests/sim/audits/turns_audit.h"

#include <algorithm>
#include <set>
#include <string>

#include "tests/sim/audits/require.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

using broker::State;

void TurnsAudit::round(const broker::BrokerState& state, const std::vector<broker::Send>& sends) {
  // Tasks on their way from the disk keep lower priorities waiting, and this audit does not see them.
  if (state.identity.durable) return;
  // This audit does not see what a worker without a connection is granted.
  const auto unseen = [](const auto& one) { return !one.second->session.peer; };
  if (std::any_of(state.workers.begin(), state.workers.end(), unseen)) return begin();
  // A worker that comes back takes the tasks that it holds out of the lanes.
  const auto welcome = [](const auto& one) { return std::holds_alternative<proto::Welcome>(one.envelope.message); };
  if (std::any_of(sends.begin(), sends.end(), welcome)) return begin();
  const std::vector<Grant> grants = grants_in(state, sends);
  if (grants.empty()) return;
  Lanes now = lanes_in(state);
  for (auto& [lane, wait] : now) {
    const auto before = lanes_.find(lane);
    if (before == lanes_.end() || !has_waited(*before, state, grants)) continue;
    wait.others = std::move(before->second.others);
    wait.other_owners = std::move(before->second.other_owners);
  }
  lanes_ = std::move(now);
  for (auto& [lane, wait] : lanes_) check_lane(state, lane, wait, grants);
  check_queues(state, grants);
}

std::vector<TurnsAudit::Grant> TurnsAudit::grants_in(const broker::BrokerState& state,
                                                     const std::vector<broker::Send>& sends) {
  std::vector<Grant> grants;
  for (const broker::Send& one : sends) {
    const auto* message = std::get_if<proto::Grants>(&one.envelope.message);
    if (message == nullptr) continue;
    const broker::Worker* worker = worker_at(state, one.peer);
    for (const proto::GrantedTask& granted : message->tasks) grants.push_back({worker, state.tasks.find(granted.id)});
  }
  return grants;
}

TurnsAudit::Lanes TurnsAudit::lanes_in(const broker::BrokerState& state) {
  Lanes lanes;
  for (const broker::Task* task : state.tasks.resident_tasks()) {
    // A task whose name is paused has no turn until it is resumed.
    if (task->state != State::ready || state.controls.is_name_paused(task->spec->name)) continue;
    // A task that must not run twice and may have run waits for its worker, in no lane.
    if (task->options().at_most_once && task->attempts.value() > 0) continue;
    lanes.try_emplace({task->queue(), task->options().priority, task->owner(), task->client(), task->type()},
                      Wait{task->id, {}, {}});
  }
  return lanes;
}

bool TurnsAudit::has_waited(const Lanes::value_type& lane, const broker::BrokerState& state,
                            const std::vector<Grant>& grants) {
  const broker::Task* witness = state.tasks.find(lane.second.witness);
  if (witness == nullptr) return false;
  const auto is_witness = [&](const Grant& one) { return one.task == witness; };
  return witness->state == State::ready || std::any_of(grants.begin(), grants.end(), is_witness);
}

namespace {

// Throws Violation if one of the others had two turns more.
template <class Turns>
void check_turns(const char* of, const broker::Queue& queue, const Turns& others, int own, const TaskId& witness) {
  for (const auto& [other, turns] : others)
    if (turns > own + 1)
      throw Violation{std::string{"invariant 9: a "} + of + " had " + std::to_string(turns) + " turns in " +
                      queue.name() + " where another one, which waits with " + brief(witness) + ", had " +
                      std::to_string(own)};
}

}  // namespace

void TurnsAudit::check_lane(const broker::BrokerState& state, const Lane& lane, Wait& wait,
                            const std::vector<Grant>& grants) {
  int own = 0;
  int of_owner = 0;
  for (const auto& [worker, task] : grants) {
    if (task->queue() != lane.queue || task->options().priority != lane.priority) continue;
    const bool is_owners = task->owner() == lane.owner;
    own += is_owners && task->client() == lane.client ? 1 : 0;
    of_owner += is_owners ? 1 : 0;
    if (!knows(*worker, state.task_types.name(lane.type))) continue;
    if (!is_owners)
      ++wait.other_owners[task->owner()];
    else if (task->client() != lane.client)
      ++wait.others[task->client()];
  }
  check_turns("client", *lane.queue, wait.others, own, wait.witness);
  check_turns("principal", *lane.queue, wait.other_owners, of_owner, wait.witness);
  // Within a round the order of turns is not known, so the count begins again.
  if (own > 0) wait.others.clear();
  if (of_owner > 0) wait.other_owners.clear();
}

void TurnsAudit::check_nothing_waits(const broker::BrokerState& state) {
  if (state.identity.durable || state.clock.now() < state.grace_until) return;
  if (std::ranges::none_of(state.queues, [](const auto& one) { return one.second->ready.size() > 0; })) return;
  std::vector<const broker::Worker*> takers;
  for (const auto& [handle, worker] : state.workers)
    if (worker->wants_more() && state.clock.now() >= worker->pause.until &&
        !state.controls.is_worker_paused(worker->session.name.str()))
      takers.push_back(worker.get());
  if (takers.empty()) return;
  for (const auto& [lane, wait] : lanes_in(state)) {
    if (!lane.queue->may_grant()) continue;
    for (const broker::Worker* worker : takers) {
      const auto& queues = worker->offer->queues();
      const bool could_run =
          std::ranges::find(queues, lane.queue) != queues.end() && worker->offer->serves(state.task_types, lane.type);
      if (could_run)
        throw Violation{"invariant 9: " + brief(wait.witness) + " waits in " + lane.queue->name() + ", and worker " +
                        worker->session.name.str() + ", which wants a task and could run it, was not given it"};
    }
  }
}

void TurnsAudit::check_queues(const broker::BrokerState& state, const std::vector<Grant>& grants) {
  std::map<const broker::Worker*, std::map<const broker::Queue*, int>> turns;
  for (const auto& [worker, task] : grants)
    if (!task->options().process) ++turns[worker][task->queue()];
  for (const auto& [worker, by_queue] : turns) {
    std::set<const broker::Queue*> waiting;
    for (const auto& [lane, wait] : lanes_)
      if (knows(*worker, state.task_types.name(lane.type)) && lane.queue->may_grant()) waiting.insert(lane.queue);
    for (const broker::Queue* queue : worker->offer->queues()) {
      auto& others = queues_[{worker->handle, queue}];
      const auto found = by_queue.find(queue);
      const int own = found == by_queue.end() ? 0 : found->second;
      if (!waiting.contains(queue)) {
        others.clear();
        continue;
      }
      for (const auto& [other, count] : by_queue)
        if (other != queue && (others[other] += count) > own + 1)
          throw Violation{"invariant 9: worker " + worker->session.name.str() + " was given " +
                          std::to_string(others[other]) + " of " + other->name() + " and " + std::to_string(own) +
                          " of " + queue->name() + ", where a task waits for it"};
      if (own > 0) others.clear();
    }
  }
}

}  // namespace forkmill::sim
