#include "broker/core/objects/base/loan_principals.h"

namespace forkmill::broker {

const Owner* LoanPrincipals::owner_of(ClientHandle client) const {
  const Client* known = state_.client(client);
  return known == nullptr ? nullptr : known->owner;
}

bool LoanPrincipals::is_unfinished(const OwnedTask& task) const {
  if (task.owner == nullptr) return false;
  const auto renamed = task.owner->renamed.find(task.id);
  const TaskId id = renamed == task.owner->renamed.end() ? task.id : renamed->second;
  if (const Task* known = state_.tasks.find(id)) return known->counts.owner == task.owner && !is_terminal(known->state);
  const auto paged_out = state_.tasks.find_paged_out(id);
  return paged_out && paged_out->owner == task.owner->number && !is_terminal(paged_out->state);
}

std::optional<OwnedTask> LoanPrincipals::run_by(ClientHandle client, const TaskId& task) const {
  const Client* known = state_.client(client);
  const Task* running = state_.tasks.find(task);
  if (known == nullptr || running == nullptr || running->state != State::running) return std::nullopt;
  const Worker* worker = state_.worker(running->worker);
  if (worker == nullptr || worker->session.principal != known->session.principal) return std::nullopt;
  return OwnedTask::of(*running);
}

}  // namespace forkmill::broker
