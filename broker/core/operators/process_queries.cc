#include "broker/core/operators/process_queries.h"

#include <string_view>

namespace forkmill::broker {

namespace {

const char* role_name(proto::ProcessRole role) {
  switch (role) {
    case proto::ProcessRole::supervisor:
      return "supervisor";
    case proto::ProcessRole::link:
      return "link";
    case proto::ProcessRole::child:
      return "child";
    case proto::ProcessRole::process:
      break;
  }
  return "process";
}

proto::ProcessRow without_command(proto::ProcessRow row) {
  row.command.clear();
  return row;
}

PackedMap packed_process(const proto::ProcessRow& row, const std::string& host, const std::string& worker,
                         const char* role) {
  return PackedMap{}
      .add("host", host)
      .add("worker", worker)
      .add("pid", row.pid)
      .add("parent", row.parent)
      .add("role", role)
      .add("state", row.state)
      .add("cpu_us", row.cpu_us)
      .add("rss_bytes", row.rss_bytes)
      .add("started_at_ms", row.started_at.count())
      .add("command", row.command);
}

}  // namespace

ReplyBody ProcessQueries::state(const Client& client, const std::string& named, const Task* task) const {
  if (task == nullptr) return task_unknown(client, named);
  if (!task->options().process) return no_process(client, *task);
  const std::string_view state = is_terminal(task->state)  ? "finished"
                                 : processes_.waits(*task) ? "waiting"
                                                           : state_name(task->state);
  return PackedMap{}.add("state", state);
}

ReplyBody ProcessQueries::list(const Client& client) const {
  std::vector<PackedMap> rows;
  rows.push_back(packed_process(self_.process, self_.host, "", "broker"));
  for (const auto& [handle, worker] : state_.workers) {
    for (const proto::ProcessRow& row : worker->report) {
      const Task* task = grants_.held(*worker, row.grant);
      // The command of a process may have the arguments of its task. The report may be older than the end of the task,
      // of which nothing is known then.
      const bool hidden = task != nullptr ? !may_see(client, *task) : row.grant.seq && !sees_all(client);
      PackedMap map = packed_process(hidden ? without_command(row) : row, worker->session.host,
                                     worker->session.name.str(), role_name(row.role));
      map.add("session", shown_session(client, worker->session));
      if (task != nullptr && !hidden) {
        map.add("task", state_.task_types.name(task->type()))
            .add("label", task->options().label)
            .add("id", id_for(client, *task).to_string());
        if (row.task_started_at.count() > 0) map.add("task_started_at_ms", row.task_started_at.count());
      }
      map.add("waiting", processes_.waits(worker->instance, row.pid));
      rows.push_back(std::move(map));
    }
  }
  return PackedMap{}.add("processes", rows);
}

}  // namespace forkmill::broker
