#include "tests/sim/audits/state_audit.h"

#include <algorithm>
#include <utility>

#include "broker/core/tasks/process_queue.h"
#include "tests/sim/audits/require.h"
#include "tests/sim/world/trace.h"

namespace forkmill::sim {

using broker::State;

void StateAudit::begin(const broker::BrokerState& state) {
  room_.clear();
  overdue_.clear();
  full_with_.reset();
  shuts_down_ = false;
  for (const auto& [name, queue] : state.queues) room_[name] = queue->budget.tasks();
}

void StateAudit::check_sessions(const broker::BrokerState& state) {
  for (const auto& [handle, worker] : state.workers) {
    require(worker->granted <= worker->credit, "12", [&] { return "a worker was granted beyond its credit"; });
  }
  for (const auto& [handle, client] : state.clients) {
    require(client->results.under_way_count <= client->results.window, "13",
            [&] { return "more results under way than the window allows"; });
  }
}

namespace {

void check_task(const broker::BrokerState& state, const broker::Task& task) {
  const auto named = [&](const char* text) { return "task " + brief(task.id) + text; };
  require(task.state != State::submitted, "12", [&] { return named(" is in no state"); });
  require(broker::is_terminal(task.state) == (task.finished != nullptr), "3",
          [&] { return named(": state and outcome disagree"); });
  if (task.state != State::running) return;
  const auto worker = state.workers.find(task.worker());
  require(worker != state.workers.end() && worker->second->holding.find(task.seq) != nullptr, "6",
          [&] { return named(" runs, but no worker has it"); });
}

// After the clock was set as well: what waits for a time of the wall clock waits no longer than that.
void check_time(const broker::BrokerState& state, const broker::Task& task) {
  const auto& options = task.options();
  constexpr milliseconds kGrain{200};
  require(task.state != State::scheduled || task.attempts.value() > 0 || options.delay.count() > 0 ||
              options.not_before.count() == 0 || state.clock.unix_time() < options.not_before + kGrain,
          "12", [&] { return "task " + brief(task.id) + " waits for a time that has passed"; });
}

// Dead letters on disk are among those that are counted.
void check_dead_letters(const broker::BrokerState& state) {
  std::uint64_t resident = 0;
  for (const broker::Task* task : state.tasks.resident_tasks()) resident += broker::is_dead_letter(*task) ? 1 : 0;
  const std::uint64_t counted = state.totals.dead_letters;
  require(resident <= counted && counted <= resident + state.tasks.paged_out(), "12", [&] {
    return std::to_string(counted) + " dead letters are counted, but " + std::to_string(resident) + " are in memory";
  });
}

void check_holders(const broker::BrokerState& state, std::size_t running) {
  std::size_t holding = 0;
  for (const auto& [handle, worker] : state.workers) holding += worker->holding.size();
  require(holding == running, "6", [&] {
    return "workers hold " + std::to_string(holding) + " tasks, but " + std::to_string(running) + " run";
  });
}

}  // namespace

namespace {

// Whether the broker must keep the result: no client has fetched it, or it has a time of its own.
bool must_be_kept(const broker::Task& task) {
  const broker::FinishedPart& finished = *task.finished;
  if (!finished.released) return true;
  const bool is_dead = task.state == State::failed && !finished.delivered && task.options().dead_letter;
  return !is_dead && (task.options().result_ttl.count() > 0 || !task.options().key.empty());
}

// The results that count for an owner are those that must be kept. Of tasks on disk their size is not known.
void check_results(const broker::BrokerState& state) {
  struct Found {
    std::size_t tasks = 0;
    std::size_t bytes = 0;
    std::size_t on_disk = 0;
  };
  std::map<std::string, Found> by_owner;
  for (const broker::Task* task : state.tasks.resident_tasks()) {
    require(task->owner()->name == task->spec->principal, "13", [&] {
      return "task " + brief(task->id) + " is of " + task->owner()->name + ", and would be of " +
             task->spec->principal + " after a restart";
    });
    if (task->finished == nullptr) continue;
    require(task->finished->deliveries > 0 || task->finished->counted == must_be_kept(*task), "13",
            [&] { return "task " + brief(task->id) + ": whether its result must be kept and counts disagree"; });
    if (!task->finished->counted) continue;
    Found& found = by_owner[task->owner()->name];
    ++found.tasks;
    found.bytes += broker::result_bytes(*task);
  }
  const auto& owners = state.tasks.owners.all();
  state.tasks.visit_paged_out([&](const TaskId&, broker::PagedOutEntry entry) {
    if (broker::is_terminal(entry.state)) ++by_owner[owners[entry.owner].name].on_disk;
  });
  broker::HeldResults all;
  for (const broker::Owner& owner : owners) {
    const Found& found = by_owner[owner.name];
    const std::size_t rest = owner.results.bytes - found.bytes;
    all.tasks += owner.results.tasks;
    all.bytes += owner.results.bytes;
    require(owner.results.tasks == found.tasks + found.on_disk && owner.results.bytes >= found.bytes &&
                (found.on_disk > 0 ? rest > 0 : rest == 0),
            "13", [&] { return "the results of principal " + owner.name + " are not those that count for it"; });
  }
  require(all.tasks == state.tasks.owners.results().tasks && all.bytes == state.tasks.owners.results().bytes, "13",
          [&] { return "the results of the principals do not add up"; });
}

// Each unfinished task counts for one owner.
void check_owners(const broker::BrokerState& state) {
  std::size_t tasks = 0;
  for (const auto& [name, queue] : state.queues) tasks += queue->scheduled + queue->ready.size() + queue->running;
  for (const broker::Owner& owner : state.tasks.owners.all()) tasks -= owner.tasks;
  require(tasks == 0, "12", [&] { return "the quotas of principals do not count the unfinished tasks"; });
}

}  // namespace

void StateAudit::check_memory(const broker::BrokerState& state) {
  std::size_t tasks = 0;
  for (const broker::Owner& owner : state.tasks.owners.all()) tasks += owner.tasks;
  require(!state.shortage.memory || !full_with_ || tasks <= *full_with_, "13",
          [&] { return "a task is taken in while the broker has no memory"; });
  full_with_ = state.shortage.memory ? std::optional{tasks} : std::nullopt;
}

StateAudit::ByQueue StateAudit::count_resident(const broker::BrokerState& state) {
  ByQueue by_queue;
  for (const broker::Task* task : state.tasks.resident_tasks()) {
    Counted& counted = by_queue[task->queue()];
    if (task->finished == nullptr || !task->finished->released) ++counted.held;
    if (task->state == State::scheduled) ++counted.scheduled;
    if (task->state == State::ready) ++counted.ready;
    if (task->state == State::running) ++counted.running;
  }
  return by_queue;
}

StateAudit::Counted StateAudit::count_paged_out(const broker::BrokerState& state) {
  Counted counted;
  if (state.tasks.paged_out() == 0) return counted;
  state.tasks.visit_paged_out([&](const TaskId&, broker::PagedOutEntry entry) {
    ++counted.held;
    if (entry.state == State::scheduled) ++counted.scheduled;
    if (entry.state == State::ready) ++counted.ready;
  });
  return counted;
}

void StateAudit::check_room(const broker::BrokerState& state, const broker::Queue& queue) const {
  // An operator may have lowered the limit in the round in which the tasks came. Processes have that of their queue.
  const broker::Queue* controlled = state.queues.find(broker::base_queue(queue.name()));
  if (controlled != nullptr && controlled->has_control) return;
  const auto room = room_.find(queue.name());
  const std::size_t before = room == room_.end() ? 0 : room->second;
  const std::size_t most = std::max(before, queue.budget.limits().max_tasks);
  require(queue.budget.tasks() <= most, "13", [&] { return "queue " + queue.name() + " holds more than it may"; });
}

// The queue of a paged-out task is not known, only its state: all of them together must make up what the queues count
// beyond the tasks in memory.
void StateAudit::check_tasks(const broker::BrokerState& state, bool paged_out_too) const {
  for (const broker::Task* task : state.tasks.resident_tasks()) {
    check_task(state, *task);
    if (!shuts_down_) check_time(state, *task);
  }
  ByQueue by_queue = count_resident(state);
  std::size_t running = 0;
  for (const auto& [queue, counted] : by_queue) running += counted.running;
  check_holders(state, running);
  check_dead_letters(state);
  Counted rest = paged_out_too ? count_paged_out(state) : Counted{};
  for (const auto& [name, queue] : state.queues) {
    const Counted& counted = by_queue[queue.get()];
    rest.scheduled -= queue->scheduled - counted.scheduled;
    rest.ready -= queue->ready.size() - counted.ready;
    rest.held -= queue->budget.tasks() - counted.held;
    require(counted.scheduled <= queue->scheduled && counted.ready <= queue->ready.size() &&
                counted.running == queue->running && counted.held <= queue->budget.tasks(),
            "12", [&, &name = name] { return "the counts of queue " + name + " are not those of its tasks"; });
    check_room(state, *queue);
  }
  check_owners(state);
  if (paged_out_too) check_results(state);
  require(!paged_out_too || (rest.scheduled == 0 && rest.ready == 0 && rest.held == 0), "12",
          [&] { return "the counts of the queues are not those of the tasks on disk"; });
}

// The broker looks at a few queues in each round. A queue goes after that of its processes.
void StateAudit::check_names(const broker::BrokerState& state) {
  constexpr int kRounds = 100;
  std::map<std::string, int> overdue;
  for (const auto& [name, queue] : state.queues) {
    auto& room = room_[name];
    room = std::max(room, queue->budget.limits().max_tasks);
    const bool is_served =
        std::ranges::any_of(state.workers, [served_by = broker::base_queue(name)](const auto& worker) {
          return std::ranges::count(worker.second->info.queues, served_by) > 0;
        });
    if (queue->budget.tasks() > 0 || queue->processes != nullptr || queue->has_control || is_served) continue;
    const bool is_kept =
        queue->unused_since != proto::kNever && state.clock.now() <= queue->unused_since + broker::Queues::kKept;
    if (is_kept) continue;
    const auto before = overdue_.find(name);
    const int rounds = overdue[name] = before == overdue_.end() ? 1 : before->second + 1;
    require(rounds <= kRounds, "13",
            [&, &name = name] { return "queue " + name + " is not used, and was not forgotten"; });
  }
  overdue_ = std::move(overdue);
}

bool StateAudit::idle(const broker::BrokerState& state) {
  for (const broker::Task* task : state.tasks.resident_tasks())
    if (!broker::is_terminal(task->state)) return false;
  if (state.tasks.paged_out() == 0) return true;
  bool idle = true;
  state.tasks.visit_paged_out(
      [&](const TaskId&, broker::PagedOutEntry entry) { idle = idle && broker::is_terminal(entry.state); });
  return idle;
}

std::string StateAudit::unfinished(const broker::BrokerState& state) {
  std::string text;
  for (const broker::Task* task : state.tasks.resident_tasks()) {
    if (broker::is_terminal(task->state)) continue;
    text += " " + brief(task->id) + " " + std::string{broker::state_name(task->state)} + " of " +
            std::to_string(task->attempts.value()) + " attempts, ready at " + std::to_string(task->ready_at.count()) +
            ", type " + std::to_string(task->type()) + " in " + task->queue()->name() + ";";
  }
  return text;
}

}  // namespace forkmill::sim
