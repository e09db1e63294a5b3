#include "tests/sim/audits/audit.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace forkmill::sim {

using broker::State;

namespace {

// `text()` describes the violation. It is called only if the rule is broken: texts take time to make.
template <class Text>
void require(bool holds, const char* rule, Text&& text) {
  if (!holds) throw Violation{std::string{"invariant "} + rule + ": " + text()};
}

// A first attempt without a delay: the order of arrival is promised for these alone.
bool plain(const broker::Task& task) {
  return task.attempts.value() <= 1 && task.options().delay.count() == 0 && task.options().not_before.count() == 0;
}

// The tasks that are ready and in memory after a round: its grants left them out.
class Waiting {
 public:
  explicit Waiting(const broker::BrokerState& state) {
    for (const broker::Task* task : state.tasks.resident_tasks()) {
      if (task->state != State::ready) continue;
      // A task that must not run twice and may have run waits for its worker, in no line.
      if (task->options().at_most_once && task->attempts.value() > 0) continue;
      const auto [highest, first_of_kind] = highest_.try_emplace({task->queue, task->kind}, task->options().priority);
      if (!first_of_kind) highest->second = std::max(highest->second, int{task->options().priority});
      if (task->attempts.value() != 0 || !plain(*task)) continue;
      const auto [first, first_of_line] = first_.try_emplace(line_of(*task), task);
      if (!first_of_line && task->seq < first->second->seq) first->second = task;
    }
  }

  // A waiting task of the same line that arrived before `task`; null: none.
  const broker::Task* before_in_line(const broker::Task& task) const {
    if (!plain(task)) return nullptr;
    const auto first = first_.find(line_of(task));
    return first != first_.end() && first->second->seq <= task.seq ? first->second : nullptr;
  }

  // Whether a task of a higher priority waits in the same queue that `worker` could run.
  bool above(const broker::Task& task, const broker::Worker& worker, const broker::TaskTypes& task_types) const {
    return std::any_of(highest_.begin(), highest_.end(), [&](const auto& one) {
      const auto& [queue, kind] = one.first;
      return queue == task.queue && one.second > task.options().priority && knows(worker, task_types.name(kind));
    });
  }

 private:
  using Line = std::tuple<const broker::Queue*, broker::ClientHandle, int, broker::KindId>;
  static Line line_of(const broker::Task& task) {
    return Line{task.queue, task.client, task.options().priority, task.kind};
  }

  std::map<Line, const broker::Task*> first_;
  std::map<std::pair<const broker::Queue*, broker::KindId>, int> highest_;
};

}  // namespace

const broker::Worker* worker_at(const broker::BrokerState& state, proto::PeerId peer) {
  for (const auto& [handle, worker] : state.workers)
    if (worker->session.peer == peer) return worker.get();
  return nullptr;
}

bool knows(const broker::Worker& worker, const std::string& task) {
  const auto& tasks = worker.info.tasks;
  return std::any_of(tasks.begin(), tasks.end(), [&](const auto& one) { return one.name == task; });
}

void Audit::begin(const broker::BrokerState& state) {
  recovered_.clear();
  for (const auto& [name, queue] : state.queues) recovered_[name] = queue->held_tasks();
  workers_.clear();
  heard_.clear();
  left_.clear();
  gone_.clear();
}

void Audit::round(const broker::BrokerState& state, const std::vector<broker::Send>& sends) {
  look_for_the_lost(state);
  record_grants(state, sends);
  check_sessions(state);
  check_order(state, sends);
  // Looking at every task after every round would take longer than all else. Tasks on disk are only counted.
  constexpr std::uint64_t kLookEvery = 4;
  constexpr std::uint64_t kCountEvery = 32;
  if (++rounds_ % kLookEvery != 0) return;
  check_tasks(state, state.tasks.paged_out() == 0 || rounds_ % kCountEvery == 0);
  if (world_.options.max_processes > 0) check_families(state);
}

void Audit::arrived(const broker::BrokerState& state, proto::PeerId peer, const proto::Envelope& envelope) {
  if (const auto* hello = std::get_if<proto::Hello>(&envelope.message)) note_late(*hello);
  const broker::Worker* worker = worker_at(state, peer);
  if (worker == nullptr || worker->session.id != envelope.header.session) return;
  heard_[worker->session.id] = world_.now();
  if (std::holds_alternative<proto::Goodbye>(envelope.message)) left_[worker->session.id] = true;
  if (const auto* gone = std::get_if<proto::ChildrenGone>(&envelope.message))
    for (const std::uint32_t pid : gone->pids) gone_[{worker->instance, pid}] = world_.now();
}

// The broker remembers a process that has ended for one session time-out. A client of that process whose HELLO comes
// later is let in, and ends by silence.
void Audit::note_late(const proto::Hello& hello) {
  const auto process = gone_.find({hello.child_of, hello.pid});
  if (process == gone_.end()) return;
  if (world_.now() >= process->second + world_.options.core.session_timeout) gone_.erase(process);
}

// Every client in a process ends with it, and the daemons of a client end with that client.
void Audit::check_families(const broker::BrokerState& state) const {
  for (const auto& [handle, one] : state.clients) {
    const broker::Client& client = *one;
    require(client.child_of == 0 || !gone_.contains({client.child_of, client.session.pid}), "13",
            [&] { return "client " + client.session.name + " lives on in a process that is gone"; });
  }
  for (const broker::Task* task : state.tasks.resident_tasks()) {
    if (!task->options().daemon || broker::is_terminal(task->state) || task->cancel_requested) continue;
    require(state.clients.contains(task->client), "5",
            [&] { return "daemon " + brief(task->id) + " outlives its submitter"; });
  }
}

void Audit::look_for_the_lost(const broker::BrokerState& state) {
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

void Audit::record_grants(const broker::BrokerState& state, const std::vector<broker::Send>& sends) {
  for (const broker::Send& one : sends) {
    const auto* grants = std::get_if<proto::Grants>(&one.envelope.message);
    const broker::Worker* worker = worker_at(state, one.peer);
    if (worker != nullptr && std::holds_alternative<proto::Welcome>(one.envelope.message))
      for (const auto& [seq, task] : worker->holding) history_.executions().taken_up(task->id, worker->handle);
    if (grants == nullptr) continue;
    require(worker != nullptr, "6", [&] { return "grants to a peer that is no worker"; });
    for (const auto& task : grants->tasks) history_.executions().granted(task, worker->handle, state);
  }
}

void Audit::check_sessions(const broker::BrokerState& state) const {
  for (const auto& [handle, worker] : state.workers) {
    require(worker->granted <= worker->credit, "12", [&] { return "a worker was granted beyond its credit"; });
  }
  for (const auto& [handle, client] : state.clients) {
    require(client->under_way_count <= client->window_results, "13",
            [&] { return "more results under way than the window allows"; });
  }
}

void Audit::check_tasks(const broker::BrokerState& state, bool paged_out_too) const {
  struct Counted {
    std::size_t scheduled = 0, ready = 0, running = 0, held = 0;
  };
  std::unordered_map<const broker::Queue*, Counted> by_queue;
  std::size_t running = 0;
  for (const broker::Task* task : state.tasks.resident_tasks()) {
    const TaskId& id = task->id;
    Counted& counted = by_queue[task->queue];
    if (!task->released) ++counted.held;
    require(task->state != State::submitted, "12", [&] { return "task " + brief(id) + " is in no state"; });
    require(broker::is_terminal(task->state) == (task->outcome != nullptr), "3",
            [&] { return "task " + brief(id) + ": state and outcome disagree"; });
    if (task->state == State::scheduled) ++counted.scheduled;
    if (task->state == State::ready) ++counted.ready;
    if (task->state != State::running) continue;
    ++counted.running;
    ++running;
    const auto worker = state.workers.find(task->worker);
    require(worker != state.workers.end() && worker->second->holding.contains(task->seq), "6",
            [&] { return "task " + brief(id) + " runs, but no worker has it"; });
  }
  std::size_t holding = 0;
  for (const auto& [handle, worker] : state.workers) holding += worker->holding.size();
  require(holding == running, "6", [&] {
    return "workers hold " + std::to_string(holding) + " tasks, but " + std::to_string(running) + " run";
  });
  // Only the state of a paged-out task is known. All of them together must make up what the queues count beyond the
  // tasks in memory.
  Counted paged_out;
  if (paged_out_too && state.tasks.paged_out() > 0)
    state.tasks.visit_paged_out([&](const TaskId&, broker::PagedOutEntry entry) {
      ++paged_out.held;
      if (entry.state == broker::State::scheduled) ++paged_out.scheduled;
      if (entry.state == broker::State::ready) ++paged_out.ready;
    });
  for (const auto& [name, queue] : state.queues) {
    const Counted& counted = by_queue[queue.get()];
    paged_out.scheduled -= queue->scheduled - counted.scheduled;
    paged_out.ready -= queue->ready() - counted.ready;
    paged_out.held -= queue->held_tasks() - counted.held;
    require(counted.scheduled <= queue->scheduled && counted.ready <= queue->ready() &&
                counted.running == queue->running && counted.held <= queue->held_tasks(),
            "12", [&, &name = name] { return "the counts of queue " + name + " are not those of its tasks"; });
    const auto recovered = recovered_.find(name);
    const std::size_t before = recovered == recovered_.end() ? 0 : recovered->second;
    require(queue->held_tasks() <= std::max(before, queue->limits().max_tasks), "13",
            [&, &name = name] { return "queue " + name + " holds more than it may"; });
  }
  require(!paged_out_too || (paged_out.scheduled == 0 && paged_out.ready == 0 && paged_out.held == 0), "12",
          [&] { return "the counts of the queues are not those of the tasks on disk"; });
}

void Audit::check_order(const broker::BrokerState& state, const std::vector<broker::Send>& sends) const {
  std::optional<Waiting> waiting;
  for (const broker::Send& one : sends) {
    const auto* grants = std::get_if<proto::Grants>(&one.envelope.message);
    if (grants == nullptr) continue;
    if (!waiting) waiting.emplace(state);
    const broker::Worker& worker = *worker_at(state, one.peer);
    for (const auto& granted : grants->tasks) {
      const broker::Task& task = *state.tasks.find(granted.id);
      const broker::Task* earlier = waiting->before_in_line(task);
      require(earlier == nullptr, "9", [&] {
        return "task " + brief(task.id) + " was granted before " + brief(earlier->id) +
               ", which came earlier in its line" + (earlier->in_paged_out_line ? " and is only passing through" : "");
      });
      require(!waiting->above(task, worker, state.task_types), "9",
              [&] { return "task " + brief(granted.id) + " was granted before one of a higher priority"; });
    }
  }
}

bool Audit::idle(const broker::BrokerState& state) {
  for (const broker::Task* task : state.tasks.resident_tasks())
    if (!broker::is_terminal(task->state)) return false;
  if (state.tasks.paged_out() == 0) return true;
  bool idle = true;
  state.tasks.visit_paged_out(
      [&](const TaskId&, broker::PagedOutEntry entry) { idle = idle && broker::is_terminal(entry.state); });
  return idle;
}

}  // namespace forkmill::sim
