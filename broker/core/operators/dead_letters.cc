#include "broker/core/operators/dead_letters.h"

#include "broker/core/operators/packed_map.h"
#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

namespace {

proto::Reply reply_to(const proto::Query& query, const TaskId& id) {
  proto::Reply reply;
  reply.id = query.id;
  reply.body = proto::Payload::own(PackedMap{}.add("id", id.to_string()).bytes());
  return reply;
}

proto::Reply refusal(const proto::Query& query, proto::Failure failure) {
  return {query.id, failure.code, std::move(failure.text), {}};
}

}  // namespace

proto::Reply DeadLetters::retry(Client& client, const proto::Query& query, Task* task) {
  const bool done_before = state_.tasks.find(query.new_id) != nullptr || state_.tasks.find_paged_out(query.new_id);
  if (done_before) return reply_to(query, query.new_id);
  if (auto status = check(query, task); !status.ok()) return refusal(query, std::move(status).failure());
  const TaskSpec& spec = *task->spec;
  proto::Submission again{query.new_id, std::string{base_queue(spec.queue)}, spec.name, spec.signature, spec.options,
                          task->payload};
  again.options.delay = again.options.not_before = milliseconds{0};
  again.options.key.clear();  // the key names the task that failed
  if (auto status = intake_.take_in(client, std::move(again)); !status.ok())
    return refusal(query, std::move(status).failure());
  retention_.drop(*task);
  return reply_to(query, query.new_id);
}

proto::Reply DeadLetters::drop(const proto::Query& query, Task* task) {
  if (auto status = check(query, task); !status.ok()) return refusal(query, std::move(status).failure());
  const TaskId id = task->id;
  retention_.drop(*task);
  return reply_to(query, id);
}

proto::Status DeadLetters::check(const proto::Query& query, const Task* task) {
  if (task == nullptr || task->dropped) {
    return {Errc::task_unknown, "no task, or more than one, with an id that begins with '" + query.argument + "'"};
  }
  if (task->state != State::failed) {
    return {Errc::bad_request, "task " + task->id.to_string() + " is " + std::string{state_name(task->state)} +
                                   ": only a task that failed is a dead letter"};
  }
  if (query.kind == proto::QueryKind::dead_retry && query.new_id.is_nil()) {
    return {Errc::bad_request, "a retry needs the id of the new task"};
  }
  return {};
}

}  // namespace forkmill::broker
