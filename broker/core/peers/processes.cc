#include "broker/core/peers/processes.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "broker/core/state/task_visibility.h"

namespace forkmill::broker {

namespace {

// Signals that are kept for one worker. Earlier workers do not say in a session which signals they have heard of.
constexpr std::size_t kMaxUnheard = 1024;

}  // namespace

void Processes::handle(Worker& worker, const proto::Started& started) {
  for (const proto::StartedNote& note : started.notes) {
    Task* task = grants_.held(worker, note.grant);
    if (task == nullptr || !task->options().process) continue;
    state_.process_starts[task->seq] = {task->id, note.grant, note.pid, note.host};
    if (Client* owner = state_.client(task->client())) repeat(*owner, *task);
    for (const ClientHandle handle : task->watchers())
      if (Client* client = state_.client(handle)) repeat(*client, *task);
  }
}

void Processes::repeat(Client& client, const Task& task) {
  const auto start = state_.process_starts.find(task.seq);
  if (start == state_.process_starts.end()) return;
  client.outgoing.started.notes.push_back(start->second);
  client.outgoing.started.notes.back().id = id_for(client, task);
  state_.output.touch(client);
}

void Processes::repeat_all(Client& client) {
  for (const auto& [seq, start] : state_.process_starts)
    if (const Task* task = state_.tasks.find(start.id); task != nullptr && task->client() == client.handle)
      repeat(client, *task);
}

void Processes::repeat_signals(Worker& worker) {
  const std::uint64_t heard = worker.info.signals_heard;
  worker.signals.last = std::max(worker.signals.last, heard);  // an earlier broker may have counted further
  forget_heard(worker, heard);
  std::erase_if(worker.signals.unheard, [&](const auto& one) { return grants_.held(worker, one.grant) == nullptr; });
  if (worker.signals.unheard.empty()) return;
  worker.outgoing.signals.notes = worker.signals.unheard;
  state_.output.touch(worker);
}

void Processes::handle(const Worker& worker, const proto::ChildrenGone& gone) {
  if (worker.instance == 0) return;
  const std::unordered_set<std::uint32_t> in_order{gone.in_order.begin(), gone.in_order.end()};
  std::vector<Sessions::EndedChild> ended;
  ended.reserve(gone.pids.size());
  for (const std::uint32_t pid : gone.pids)
    ended.push_back({pid, in_order.contains(pid) ? Objects::End::in_order : Objects::End::lost});
  sessions_.close_children(worker.instance, ended);
}

bool Processes::waits(std::uint64_t worker, std::uint32_t pid) const {
  const auto& clients = children_.in_child(worker, pid);
  return std::any_of(clients.begin(), clients.end(),
                     [&](ClientHandle client) { return objects_.answers().waits(client); });
}

bool Processes::waits(const Task& task) const {
  const auto start = state_.process_starts.find(task.seq);
  const Worker* worker = state_.worker(task.worker());
  return start != state_.process_starts.end() && worker != nullptr && waits(worker->instance, start->second.pid);
}

void Processes::forget_heard(Worker& worker, std::uint64_t number) {
  std::erase_if(worker.signals.unheard, [&](const auto& one) { return one.number <= number; });
}

void Processes::signal(Task& task, int number) {
  task.cancelling.signalled = true;
  Worker& worker = *state_.worker(task.worker());
  const proto::SignalNote note{task.grant(), number, ++worker.signals.last};
  std::erase_if(worker.signals.unheard, [&](const auto& one) { return grants_.held(worker, one.grant) == nullptr; });
  if (worker.signals.unheard.size() == kMaxUnheard) worker.signals.unheard.erase(worker.signals.unheard.begin());
  worker.signals.unheard.push_back(note);
  worker.outgoing.signals.notes.push_back(note);
  state_.output.touch(worker);
}

}  // namespace forkmill::broker
