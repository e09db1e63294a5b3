#include "broker/core/state/task_visibility.h"

#include <algorithm>
#include <span>

#include "broker/core/tasks/process_queue.h"
#include "proto/mutants.h"

namespace forkmill::broker {

namespace {

bool any_matches(const proto::Patterns& patterns, std::string_view queue) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return proto::matches(base_queue(queue), pattern); });
}

// Returns the tasks that were found for this beginning of their ids: one or none, or more than one if there are
// several.
std::span<const TaskId> found_for(const Client& client, std::string_view text) {
  if (!client.named || client.named->text != text) return {};
  return client.named->found;
}

}  // namespace

bool TaskVisibility::shows(const TaskSpec& spec) const {
  return all || (!principal.empty() && spec.principal == principal) || any_matches(queues, spec.queue);
}

TaskId TaskVisibility::shown_id(const TaskId& id, const TaskSpec& spec) const {
  return spec.owners_id && spec.principal == principal ? *spec.owners_id : id;
}

TaskVisibility visibility_of(const Client& client) {
  TaskVisibility visibility{sees_all(client), client.session.principal, {}};
  if (client.session.rights != nullptr) visibility.queues = client.session.rights->manage;
  return visibility;
}

bool sees_all(const Client& client) {
  const proto::Rights* rights = client.session.rights;
  return rights == nullptr || !rights->own_tasks_only || proto::mutant(proto::Mutant::others_tasks_seen);
}

std::uint64_t shown_session(const Client& client, const Session& session) {
  return sees_all(client) || session.principal == client.session.principal ? session.id.value() : 0;
}

bool owns(const Client& client, const Task& task) { return client.owner != nullptr && task.owner() == client.owner; }

bool owns(const Client& client, PagedOutEntry entry) {
  return client.owner != nullptr && entry.owner == client.owner->number;
}

bool may_see(const Client& client, const Task& task) {
  return sees_all(client) || owns(client, task) || any_matches(client.session.rights->manage, task.spec->queue);
}

bool may_see_queue(const Client& client, std::string_view queue) {
  return sees_all(client) || any_matches(client.session.rights->manage, queue);
}

bool may_see_in_any_queue(const Client& client, PagedOutEntry entry) { return sees_all(client) || owns(client, entry); }

bool might_see(const Client& client, PagedOutEntry entry) {
  return may_see_in_any_queue(client, entry) || !client.session.rights->manage.empty();
}

TaskId id_in_table(const Client& client, const TaskId& id) {
  if (client.owner == nullptr || client.owner->renamed.empty()) return id;
  const auto found = client.owner->renamed.find(id);
  return found == client.owner->renamed.end() ? id : found->second;
}

TaskId id_for(const Client& client, const Task& task) {
  const auto& owners_id = task.spec->owners_id;
  return owners_id && owns(client, task) ? *owners_id : task.id;
}

Task* seen_task(const BrokerState& state, const Client& client, const TaskId& id) {
  Task* task = state.tasks.find(id_in_table(client, id));
  return task != nullptr && may_see(client, *task) ? task : nullptr;
}

bool is_beginning_of_id(std::string_view text) { return !TaskId::parse(text) && can_name_task(digits_of(text)); }

std::optional<TaskId> named_by(const Client& client, std::string_view text) {
  if (auto id = TaskId::parse(text)) return id_in_table(client, *id);
  const auto found = found_for(client, text);
  return found.size() == 1 ? std::optional{found.front()} : std::nullopt;
}

std::string why_unknown(const Client& client, std::string_view text) {
  const auto quoted = "'" + std::string{text} + "'";
  if (TaskId::parse(text)) return "no task has the id " + quoted;
  if (text.size() < kShortestBeginning)
    return quoted + " names no task: write an id, or at least its first " + std::to_string(kShortestBeginning) +
           " characters";
  if (found_for(client, text).size() > 1)
    return "several tasks have ids that begin with " + quoted + ": write more of it";
  return "no task has an id that begins with " + quoted;
}

}  // namespace forkmill::broker
