#include "tests/sim/audits/worker_audit.h"

#include "tests/sim/audits/require.h"

namespace forkmill::sim {

void WorkerAudit::begin() {
  workers_.clear();
  overruns_.clear();
  heard_.clear();
  left_.clear();
  paused_.clear();
  gone_.clear();
}

void WorkerAudit::round(const broker::BrokerState& state, const std::vector<broker::Send>& sends) {
  look_for_the_lost(state);
  record_overruns(state, sends);
  record_untold_overruns(state);
  record_grants(state, sends);
}

void WorkerAudit::arrived(const broker::BrokerState& state, proto::PeerId peer, const proto::Envelope& envelope) {
  if (const auto* hello = std::get_if<proto::Hello>(&envelope.message)) note_late(*hello);
  const broker::Worker* worker = worker_at(state, peer);
  if (worker == nullptr || worker->session.id != envelope.header.session) return;
  heard_[worker->session.id] = world_.now();
  if (std::holds_alternative<proto::Goodbye>(envelope.message)) {
    left_[worker->session.id] = true;
    check_left_behind(state, *worker);
  }
  const auto* back = std::get_if<proto::Return>(&envelope.message);
  if (back != nullptr && back->pause.count() > 0) paused_[worker->session.id] = world_.now() + Instant{back->pause};
  if (const auto* gone = std::get_if<proto::ChildrenGone>(&envelope.message))
    for (const std::uint32_t pid : gone->pids) gone_[{worker->instance, pid}] = world_.now();
}

// A worker that says GOODBYE has said before of each of its children that it ends.
void WorkerAudit::check_left_behind(const broker::BrokerState& state, const broker::Worker& worker) const {
  for (const auto& [handle, client] : state.clients)
    require(client->child_of == 0 || client->child_of != worker.instance ||
                gone_.contains({client->child_of, client->session.pid}),
            "13", [&] { return "client " + client->session.name.str() + " is left behind by its worker"; });
}

// The broker remembers a process that has ended for one session time-out. A client of that process whose HELLO comes
// later is let in, and ends by silence.
void WorkerAudit::note_late(const proto::Hello& hello) {
  const auto process = gone_.find({hello.child_of, hello.pid});
  if (process == gone_.end()) return;
  if (world_.now() >= process->second + world_.options.core.session_timeout) gone_.erase(process);
}

// Every client in a process ends with it, and the daemons of a client end with that client.
void WorkerAudit::check_families(const broker::BrokerState& state) const {
  for (const auto& [handle, one] : state.clients) {
    const broker::Client& client = *one;
    require(client.child_of == 0 || !gone_.contains({client.child_of, client.session.pid}), "13",
            [&] { return "client " + client.session.name.str() + " lives on in a process that is gone"; });
  }
  for (const broker::Task* task : state.tasks.resident_tasks()) {
    if (!task->options().daemon || broker::is_terminal(task->state) || task->cancelling.requested) continue;
    require(state.clients.contains(task->client()), "5",
            [&] { return "daemon " + brief(task->id) + " outlives its submitter"; });
  }
}

void WorkerAudit::look_for_the_lost(const broker::BrokerState& state) {
  for (auto known = workers_.begin(); known != workers_.end();) {
    if (state.workers.contains(known->first)) {
      ++known;
      continue;
    }
    const proto::SessionId session = known->second;
    const Instant silent = world_.now() - heard_[session];
    require(left_[session] || silent > state.options.session_timeout, "6",
            [&] { return "a worker was given up after " + std::to_string(silent.count()) + " us of silence"; });
    history_.executions().worker_ended(known->first);
    known = workers_.erase(known);
  }
  for (const auto& [handle, worker] : state.workers) {
    workers_[handle] = worker->session.id;
    heard_.try_emplace(worker->session.id, world_.now());  // in its HELLO
  }
}

void WorkerAudit::record_overruns(const broker::BrokerState& state, const std::vector<broker::Send>& sends) {
  constexpr std::size_t kIdAt = std::string_view{"task "}.size();
  constexpr std::size_t kIdSize = 36;
  for (const broker::Send& one : sends) {
    const auto* error = std::get_if<proto::ErrorMessage>(&one.envelope.message);
    const broker::Worker* worker = worker_at(state, one.peer);
    if (error == nullptr || worker == nullptr || error->code != Errc::timed_out) continue;
    const auto id = TaskId::parse(std::string_view{error->text}.substr(kIdAt, kIdSize));
    require(id.has_value(), "12", [] { return "a worker is not told which task has run over its time limit"; });
    history_.executions().overrun(*id, worker->handle);
  }
}

void WorkerAudit::record_untold_overruns(const broker::BrokerState& state) {
  for (const auto& [handle, worker] : state.workers)
    if (std::exchange(overruns_[handle], worker->ended.overrun) != worker->ended.overrun)
      history_.executions().overran(handle, state);
  std::erase_if(overruns_, [&](const auto& one) { return !state.workers.contains(one.first); });
}

void WorkerAudit::record_grants(const broker::BrokerState& state, const std::vector<broker::Send>& sends) {
  for (const broker::Send& one : sends) {
    const auto* grants = std::get_if<proto::Grants>(&one.envelope.message);
    const broker::Worker* worker = worker_at(state, one.peer);
    if (worker != nullptr && std::holds_alternative<proto::Welcome>(one.envelope.message))
      for (const broker::Task* task : worker->holding.by_seq())
        history_.executions().taken_up(task->id, worker->handle);
    if (grants == nullptr) continue;
    require(worker != nullptr, "6", [&] { return "grants to a peer that is no worker"; });
    const auto paused = paused_.find(worker->session.id);
    require(paused == paused_.end() || world_.now() >= paused->second, "12",
            [&] { return "grants to a worker that has said that it is short of something"; });
    for (const auto& task : grants->tasks) history_.executions().granted(task, worker->handle, state);
  }
}

}  // namespace forkmill::sim
