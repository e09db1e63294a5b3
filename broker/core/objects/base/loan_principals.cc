#include "broker/core/objects/base/loan_principals.h"

namespace forkmill::broker {

const Owner* LoanPrincipals::owner_of(ClientHandle client) const {
  const Client* known = state_.client(client);
  return known == nullptr ? nullptr : known->owner;
}

TaskId LoanPrincipals::id_in_table(const OwnedTask& task) {
  const auto renamed = task.owner->renamed.find(task.id);
  return renamed == task.owner->renamed.end() ? task.id : renamed->second;
}

bool LoanPrincipals::is_unfinished(const OwnedTask& task) const {
  if (task.owner == nullptr) return false;
  const TaskId id = id_in_table(task);
  if (const Task* known = state_.tasks.find(id)) return known->owner() == task.owner && !is_terminal(known->state);
  const auto paged_out = state_.tasks.find_paged_out(id);
  return paged_out && paged_out->owner == task.owner->number && !is_terminal(paged_out->state);
}

bool LoanPrincipals::is_run_by(ClientHandle client, const OwnedTask& task) const {
  if (task.id.is_nil() || task.owner == nullptr) return false;
  const Task* known = state_.tasks.find(id_in_table(task));
  return known != nullptr && known->owner() == task.owner && is_run_by(client, known);
}

bool LoanPrincipals::is_run_by(ClientHandle client, const Task* task) const {
  const Client* known = state_.client(client);
  if (known == nullptr || task == nullptr || task->state != State::running) return false;
  const Worker* worker = state_.worker(task->worker());
  return worker != nullptr && worker->session.principal == known->session.principal;
}

std::optional<OwnedTask> LoanPrincipals::run_by(ClientHandle client, const TaskId& task) const {
  const Task* running = state_.tasks.find(task);
  return is_run_by(client, running) ? std::optional{OwnedTask::of(*running)} : std::nullopt;
}

}  // namespace forkmill::broker
