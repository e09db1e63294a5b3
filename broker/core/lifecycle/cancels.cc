#include "broker/core/lifecycle/cancels.h"

#include <algorithm>
#include <utility>

#include "broker/core/state/residency.h"
#include "broker/core/state/task_visibility.h"
#include "proto/mutants.h"

namespace forkmill::broker {

using proto::CancelState;
using proto::RevokeState;

void Cancels::cancel(Client& client, const proto::Cancel& cancel) {
  for (const TaskId& id : cancel.ids) cancel_one(client, id, false);
  for (const TaskId& id : cancel.unless_started) cancel_one(client, id, true);
}

void Cancels::cancel_one(Client& client, const TaskId& id, bool unless_started) {
  Task* task = seen_task(state_, client, id);
  if (task != nullptr && task->state == State::running && !proto::mutant(proto::Mutant::cancel_without_revoke)) {
    return ask(client, id, *task, unless_started);
  }
  CancelState state = CancelState::unknown;
  if (task != nullptr && is_terminal(task->state)) state = CancelState::finished;
  if (task != nullptr && !is_terminal(task->state)) {
    if (task->state != State::running) end_waiting(*task);
    state = CancelState::cancelled;
  }
  client.outgoing.cancels.answers.push_back({id, state});
  state_.output.touch(client);
}

void Cancels::ask(Client& client, const TaskId& id, Task& task, bool unless_started) {
  auto& asked = asked_[task.seq];
  auto& askers = unless_started ? asked.gentle_askers : asked.askers;
  const bool first = askers.empty();
  constexpr std::size_t kFew = 16;
  if (std::ranges::find(askers, client.handle, &Asker::client) == askers.end()) {
    if (askers.size() >= kFew && askers.size() == askers.capacity())
      std::erase_if(askers, [&](const Asker& one) { return state_.client(one.client) == nullptr; });
    askers.push_back({client.handle, id});
  }
  if (!first) return;
  unless_started ? revoke_unless_started(task) : revoke(task);
}

void Cancels::revoke(Task& task) {
  task.cancelling.requested = true;
  if (Worker* worker = state_.worker(task.worker())) {
    worker->outgoing.revoke.grants.push_back(task.grant());
    state_.output.touch(*worker);
  }
}

void Cancels::revoke_unless_started(Task& task) {
  task.cancelling.unless_started = true;
  if (Worker* worker = state_.worker(task.worker())) {
    worker->outgoing.revoke.unless_started.push_back(task.grant());
    state_.output.touch(*worker);
  }
}

void Cancels::end_waiting(Task& task) {
  if (task.state == State::ready) remove_from_lane(state_, task);
  grants_.finish_unstarted(task, Event::cancelled, Errc::cancelled, "cancelled before it started");
}

void Cancels::end_daemons(Client& client) {
  for (const auto& [seq, task] : std::exchange(client.daemons, {}))
    task->state == State::running ? revoke(*task) : end_waiting(*task);
}

void Cancels::handle(Worker& worker, const proto::Revoked& revoked) {
  for (const auto& [grant, state] : revoked.answers) {
    Task* task = grants_.held(worker, grant);
    if (task == nullptr) continue;  // the task has ended meanwhile: settle_finished() answers
    const proto::TaskSeq seq = task->seq;
    if (state == RevokeState::started) {
      task->cancelling.unless_started = false;
      answer_started(seq);
    }
    if (state == RevokeState::returned) {
      grants_.hand_back(worker, *task);  // this cancels the task
      answer(seq, CancelState::cancelled);
    } else if (state == RevokeState::stopping) {
      answer(seq, CancelState::requested);
    }
    // unknown: the outcome of the task is under way and will settle the cancel
  }
}

void Cancels::repeat(Worker& worker) {
  for (const Task* task : worker.holding.by_seq()) {
    if (task->cancelling.requested) worker.outgoing.revoke.grants.push_back(task->grant());
    if (task->cancelling.unless_started) worker.outgoing.revoke.unless_started.push_back(task->grant());
    if (task->cancelling.requested || task->cancelling.unless_started) state_.output.touch(worker);
  }
}

void Cancels::settle_finished() {
  for (const auto& [seq, state] : std::exchange(state_.settled_cancels, {}))
    state == CancelState::started ? answer_started(seq) : answer(seq, state);
}

void Cancels::answer(proto::TaskSeq seq, CancelState state) {
  auto asked = asked_.find(seq);
  if (asked == asked_.end()) return;
  tell(asked->second.askers, state);
  tell(asked->second.gentle_askers, state);
  asked_.erase(asked);
}

// Other clients may wait for the answer to a CANCEL of the same task.
void Cancels::answer_started(proto::TaskSeq seq) {
  auto asked = asked_.find(seq);
  if (asked == asked_.end()) return;
  tell(std::exchange(asked->second.gentle_askers, {}), CancelState::started);
  if (asked->second.askers.empty()) asked_.erase(asked);
}

void Cancels::tell(const std::vector<Asker>& askers, CancelState state) {
  for (const Asker& asker : askers) {
    if (Client* client = state_.client(asker.client)) {
      client->outgoing.cancels.answers.push_back({asker.id, state});
      state_.output.touch(*client);
    }
    if (proto::mutant(proto::Mutant::cancel_told_to_one)) break;
  }
}

}  // namespace forkmill::broker
