#include "broker/core/operators/command_notes.h"

#include <string>
#include <variant>

#include "broker/core/operators/bulk/bulk_change.h"
#include "broker/core/state/task_visibility.h"

namespace forkmill::broker {

namespace {

constexpr std::string_view order_name(proto::WorkerAction action) {
  switch (action) {
    case proto::WorkerAction::drain:
      return "worker_drain";
    case proto::WorkerAction::scale:
      return "worker_scale";
    case proto::WorkerAction::pause:
      return "worker_pause";
    case proto::WorkerAction::resume:
      return "worker_resume";
    case proto::WorkerAction::restart:
      return "worker_restart";
  }
  return "";
}

// Adds the command and what it names.
struct Description {
  AuditLine& line;

  AuditLine& command(std::string_view name) const { return line.add("command", name); }

  void operator()(const proto::RetryDeadLetter& c) const {
    command("dead_retry").add("task", c.task).add("new_task", c.new_id.to_string());
  }
  void operator()(const proto::RetryEdited& c) const {
    command("dead_retry_edited").add("task", c.task).add("new_task", c.new_id.to_string());
  }
  void operator()(const proto::DropDeadLetter& c) const { command("dead_drop").add("task", c.task); }
  void operator()(const proto::WriteBackup& c) const { command("backup").add("path", c.path); }
  void operator()(const proto::SendSignal& c) const {
    command("task_signal").add("task", c.task).add("signal", c.signal);
  }
  void operator()(const proto::RemoveObject& c) const { command("object_remove").add("object", c.name); }
  void operator()(const proto::ReleaseObject& c) const { command("object_release").add("object", c.name); }
  void operator()(const proto::PauseQueue& c) const { command("queue_pause").add("queue", c.queue); }
  void operator()(const proto::ResumeQueue& c) const { command("queue_resume").add("queue", c.queue); }
  void operator()(const proto::PauseName& c) const { command("name_pause").add("name", c.name); }
  void operator()(const proto::ResumeName& c) const { command("name_resume").add("name", c.name); }
  void operator()(const proto::LimitQueue& c) const {
    command("queue_limit").add("queue", c.queue);
    if (c.reset) line.add("reset", true);
    if (c.max_tasks > 0) line.add("max_tasks", c.max_tasks);
    if (c.max_bytes > 0) line.add("max_bytes", c.max_bytes);
    if (c.max_running > 0) line.add("max_running", c.max_running);
    if (c.log_bytes) line.add("log_bytes", *c.log_bytes);
  }
  void operator()(const proto::SteerWorkers& c) const {
    command(order_name(c.action)).add("worker", c.name).add("workers_of_host", c.host);
    if (c.children > 0) line.add("children", c.children);
  }
  void operator()(const proto::ChangeTasks& c) const {
    command("tasks_" + std::string{action_name(c.action)}).add("change", c.id.to_string()).add("of_id", c.filter.id);
    line.add("of_queue", c.filter.queue).add("of_name", c.filter.name).add("of_state", c.filter.state);
    line.add("of_text", c.filter.text).add("of_arguments", c.filter.arguments).add("to_queue", c.queue);
    if (c.filter.since.count() > 0) line.add("of_since_ms", c.filter.since.count());
    if (c.filter.until.count() > 0) line.add("of_until_ms", c.filter.until.count());
    if (c.action == proto::TaskAction::reprioritise) line.add("priority", c.priority);
    if (c.running) line.add("running", true);
    if (c.dry_run) line.add("dry_run", true);
  }
  void operator()(const proto::MoveShard& c) const {
    command(c.broker.empty() ? "shard_unpin" : "shard_move").add("shard", c.shard).add("to_broker", c.broker);
  }
  void operator()(const proto::DrainBroker& c) const {
    command(c.undo ? "shard_undrain" : "shard_drain").add("of_broker", c.broker);
  }
  // A command without a description of its own, or of a newer client.
  template <class Other>
  void operator()(const Other& other) const {
    if constexpr (requires { Other::kNumber; })
      line.add("command_number", unsigned{Other::kNumber});
    else
      line.add("command_number", unsigned{other.number});
  }
};

}  // namespace

TaskOfAnother whose_task(const Client& client, const Task* task) {
  if (task == nullptr || owns(client, *task)) return {};
  return {true, task->spec->principal};
}

void note_command(BrokerState& state, const AuditedPeer& peer, const proto::Command& command, std::string_view outcome,
                  std::string_view text, const TaskOfAnother& of) {
  const auto describe = [&](AuditLine& line) {
    std::visit(Description{line}, command.command);
    if (of.is_one) line.add("of_another", true).add("of_principal", of.principal);
    line.add("outcome", outcome).add("text", text);
  };
  const bool has_effect = outcome == "begun" || outcome == errc_name(Errc::ok);
  has_effect ? audit(state, "command", peer, describe) : audit_some(state, "command", peer, describe);
}

}  // namespace forkmill::broker
