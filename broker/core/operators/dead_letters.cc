#include "broker/core/operators/dead_letters.h"

#include "broker/core/operators/answers/packed_map.h"
#include "broker/core/state/rights_checks.h"
#include "broker/core/state/task_visibility.h"

namespace forkmill::broker {

namespace {

ReplyBody body_with(const TaskId& id) { return PackedMap{}.add("id", id.to_string()); }

}  // namespace

ReplyBody DeadLetters::retry(Client& client, const proto::RetryDeadLetter& command, Task* task) {
  return retry(client, command.task, command.new_id, task, {});
}

ReplyBody DeadLetters::retry(Client& client, const proto::RetryEdited& command, Task* task) {
  return retry(client, command.task, command.new_id, task, {.arguments = &command.arguments, .label = command.label});
}

ReplyBody DeadLetters::retry(Client& client, std::string_view named, const TaskId& new_id, Task* task,
                             const LetterChanges& changes) {
  if (new_id.is_nil()) return proto::Failure{Errc::bad_request, "a retry needs the id of the new task"};
  if (is_done(client, new_id)) return body_with(new_id);
  if (auto status = check(client, named, task); !status.ok()) return std::move(status).failure();
  if (changes.arguments != nullptr)
    if (auto status = may_edit_arguments(state_, client, *task); !status.ok()) return std::move(status).failure();
  if (auto status = retry_letter(submissions_, retention_, client, *task, new_id, changes); !status.ok())
    return std::move(status).failure();
  return body_with(new_id);
}

ReplyBody DeadLetters::drop(const Client& client, const proto::DropDeadLetter& command, Task* task) {
  if (auto status = check(client, command.task, task); !status.ok()) return std::move(status).failure();
  const TaskId id = id_for(client, *task);
  retention_.drop(*task);
  return body_with(id);
}

// Whether an earlier command of this client has made the task.
bool DeadLetters::is_done(const Client& client, const TaskId& new_id) const {
  const auto paged_out = state_.tasks.find_paged_out(new_id);
  return seen_task(state_, client, new_id) != nullptr || (paged_out && might_see(client, *paged_out));
}

proto::Status DeadLetters::check(const Client& client, std::string_view named, const Task* task) const {
  if (task == nullptr || is_dropped(*task)) return task_unknown(client, named);
  if (task->state != State::failed) {
    return {Errc::bad_request, "task " + id_for(client, *task).to_string() + " is " +
                                   std::string{state_name(task->state)} + ": only a task that failed is a dead letter"};
  }
  return {};
}

}  // namespace forkmill::broker
