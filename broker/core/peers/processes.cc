#include "broker/core/peers/processes.h"

#include <algorithm>
#include <charconv>

#include "broker/core/operators/packed_map.h"

namespace forkmill::broker {

namespace {

constexpr int kLastSignal = 64;

// "ID SIGNAL"; empty: that is none. Signal 0 is never sent: it asks how the process does.
std::optional<int> signal_in(std::string_view argument) {
  const auto space = argument.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const char* end = argument.data() + argument.size();
  int signal = 0;
  const auto read = std::from_chars(argument.data() + space + 1, end, signal);
  const bool good = read.ec == std::errc{} && read.ptr == end && signal >= 0 && signal <= kLastSignal;
  return good ? std::optional{signal} : std::nullopt;
}

proto::Reply refusal(const proto::Query& query, Errc code, std::string text) {
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

PackedMap packed(const proto::ProcessRow& row, const std::string& host, const std::string& worker, const char* role) {
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

void Processes::started(Worker& worker, const proto::Started& started) {
  for (const proto::StartedNote& note : started.notes) {
    Task* task = attempts_.held(worker, note.grant);
    if (task == nullptr || !task->options().process) continue;
    state_.process_starts[task->seq] = {task->id, note.grant, note.pid, note.host};
    if (Client* owner = state_.client(task->client)) repeat(*owner, *task);
    if (task->watchers == nullptr) continue;
    for (const ClientHandle handle : *task->watchers)
      if (Client* client = state_.client(handle)) repeat(*client, *task);
  }
}

void Processes::repeat(Client& client, const Task& task) {
  const auto birth = state_.process_starts.find(task.seq);
  if (birth == state_.process_starts.end()) return;
  client.started.notes.push_back(birth->second);
  state_.touch(client);
}

void Processes::repeat_all(Client& client) {
  for (const auto& [seq, birth] : state_.process_starts)
    if (const Task* task = state_.tasks.find(birth.id); task != nullptr && task->client == client.handle)
      repeat(client, *task);
}

void Processes::repeat_signals(Worker& worker) {
  const std::uint64_t heard = worker.info.signals_heard;
  worker.signalled = std::max(worker.signalled, heard);  // a broker before may have counted further
  std::erase_if(worker.unheard,
                [&](const auto& one) { return one.number <= heard || attempts_.held(worker, one.grant) == nullptr; });
  if (worker.unheard.empty()) return;
  worker.signals.notes = worker.unheard;
  state_.touch(worker);
}

void Processes::children_gone(const Worker& worker, const proto::ChildrenGone& gone) {
  if (worker.instance == 0) return;
  for (const std::uint32_t pid : gone.pids) sessions_.end_child(worker.instance, pid);
}

bool Processes::waits(std::uint64_t worker, std::uint32_t pid) const {
  const auto& clients = sessions_.in_child(worker, pid);
  return std::any_of(clients.begin(), clients.end(), [&](ClientHandle client) { return objects_.waits(client); });
}

bool Processes::waits(const Task& task) const {
  const auto birth = state_.process_starts.find(task.seq);
  const Worker* worker = state_.worker(task.worker);
  return birth != state_.process_starts.end() && worker != nullptr && waits(worker->instance, birth->second.pid);
}

proto::Reply Processes::signal(const proto::Query& query, Task* task) {
  const auto signal = signal_in(query.argument);
  if (!signal)
    return refusal(query, Errc::bad_request, "a signal needs a task's id, a space and a number from 0 to 64");
  if (task == nullptr) {
    return refusal(
        query, Errc::task_unknown,
        "no task, or more than one, with an id that begins with '" + std::string{id_in(query.argument)} + "'");
  }
  if (!task->options().process) {
    return refusal(query, Errc::bad_request,
                   "task " + task->id.to_string() + " has no process of its own that could be sent a signal");
  }
  std::string state = "finished";
  if (*signal == 0) {
    if (!is_terminal(task->state)) state = waits(*task) ? "waiting" : state_name(task->state);
  } else if (task->state == State::running) {
    state = "sent";
    Worker* worker = state_.worker(task->worker);
    const proto::SignalNote note{task->grant(), *signal, ++worker->signalled};
    std::erase_if(worker->unheard, [&](const auto& one) { return attempts_.held(*worker, one.grant) == nullptr; });
    worker->unheard.push_back(note);
    worker->signals.notes.push_back(note);
    state_.touch(*worker);
  } else if (!is_terminal(task->state)) {
    state = "cancelled";
    cancels_.end_waiting(*task);
  }
  return {query.id, Errc::ok, {}, proto::Payload::own(PackedMap{}.add("state", state).bytes())};
}

proto::Reply Processes::list(const proto::Query& query) const {
  std::vector<PackedMap> rows;
  rows.push_back(packed(self, self_host, "", "broker"));
  for (const auto& [handle, worker] : state_.workers) {
    for (const proto::ProcessRow& row : worker->report) {
      PackedMap map = packed(row, worker->session.host, worker->session.name, role_name(row.role));
      if (const Task* task = attempts_.held(*worker, row.grant)) {
        map.add("task", state_.task_types.name(task->kind))
            .add("label", task->options().label)
            .add("id", task->id.to_string());
      }
      map.add("waiting", waits(worker->instance, row.pid));
      rows.push_back(std::move(map));
    }
  }
  return {query.id, Errc::ok, {}, proto::Payload::own(PackedMap{}.add("processes", rows).bytes())};
}

}  // namespace forkmill::broker
