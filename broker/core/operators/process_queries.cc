#include "broker/core/operators/process_queries.h"

#include <charconv>
#include <optional>

#include "broker/core/operators/operator_commands.h"
#include "broker/core/operators/packed_map.h"

namespace forkmill::broker {

namespace {

constexpr int kLastSignal = 64;

// Returns the signal in "ID SIGNAL". None: there is none. Signal 0 is never sent: it asks for the process's state.
std::optional<int> signal_in(std::string_view argument) {
  const auto space = argument.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const char* end = argument.data() + argument.size();
  int signal = 0;
  const auto read = std::from_chars(argument.data() + space + 1, end, signal);
  const bool good = read.ec == std::errc{} && read.ptr == end && signal >= 0 && signal <= kLastSignal;
  return good ? std::optional{signal} : std::nullopt;
}

proto::Reply signal_refused(const proto::Query& query, Errc code, std::string text) {
  return {query.id, code, std::move(text), {}};
}

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

proto::Reply ProcessQueries::signal(const proto::Query& query, Task* task) {
  const auto signal = signal_in(query.argument);
  if (!signal)
    return signal_refused(query, Errc::bad_request, "a signal needs a task's id, a space and a number from 0 to 64");
  if (task == nullptr) {
    return signal_refused(
        query, Errc::task_unknown,
        "no task, or more than one, with an id that begins with '" + std::string{*task_named_by(query)} + "'");
  }
  if (!task->options().process) {
    return signal_refused(query, Errc::bad_request,
                          "task " + task->id.to_string() + " has no process of its own that could be sent a signal");
  }
  std::string state = "finished";
  if (*signal == 0) {
    if (!is_terminal(task->state)) state = processes_.waits(*task) ? "waiting" : state_name(task->state);
  } else if (task->state == State::running) {
    state = "sent";
    processes_.signal(*task, *signal);
  } else if (!is_terminal(task->state)) {
    state = "cancelled";
    cancels_.end_waiting(*task);
  }
  return {query.id, Errc::ok, {}, proto::Payload::own(PackedMap{}.add("state", state).bytes())};
}

proto::Reply ProcessQueries::list(const proto::Query& query) const {
  std::vector<PackedMap> rows;
  rows.push_back(packed_process(self_.process, self_.host, "", "broker"));
  for (const auto& [handle, worker] : state_.workers) {
    for (const proto::ProcessRow& row : worker->report) {
      PackedMap map = packed_process(row, worker->session.host, worker->session.name, role_name(row.role));
      if (const Task* task = attempts_.held(*worker, row.grant)) {
        map.add("task", state_.task_types.name(task->kind))
            .add("label", task->options().label)
            .add("id", task->id.to_string());
      }
      map.add("waiting", processes_.waits(worker->instance, row.pid));
      rows.push_back(std::move(map));
    }
  }
  return {query.id, Errc::ok, {}, proto::Payload::own(PackedMap{}.add("processes", rows).bytes())};
}

}  // namespace forkmill::broker
