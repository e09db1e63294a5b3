#include "broker/core/operators/bulk/task_changer.h"

#include <utility>

#include "broker/core/state/event_notes.h"
#include "broker/core/state/residency.h"
#include "broker/core/submission/letter_retry.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/limits.h"
#include "proto/mutants.h"
#include "proto/random.h"

namespace forkmill::broker {

using proto::Mutant;
using proto::mutant;
using proto::TaskAction;

// Done: what has become of one task.
struct TaskChanger::Done {
  enum class How : std::uint8_t { changed, requested, skipped };
  How how = How::changed;
  std::string_view reason{};  // why it was skipped
  TaskId new_id{};            // retry

  static Done skip(std::string_view reason) { return {How::skipped, reason, {}}; }
};

namespace {

// Returns an id that no task has. A client chooses the id of its change, so it may hit on the id of another task.
TaskId id_of_retry(BrokerState& state, const BulkChange& change, const Task& letter) {
  std::uint64_t salt = 0;
  for (const std::uint8_t byte : change.order.id.bytes()) salt = proto::mix64(salt ^ byte);
  for (;; ++salt) {
    const std::uint64_t high = proto::mix64(salt ^ proto::mix64(letter.seq.value()));
    const auto now = static_cast<std::uint64_t>(state.clock.stamp().count());
    const TaskId id = TaskId::make(now, high, proto::mix64(high));
    if (state.tasks.find(id) == nullptr && !state.tasks.find_paged_out(id)) return id;
  }
}

// A client with the rights of the one that gave the order, which may be gone.
Client stand_in(BrokerState& state, const BulkChange& change) {
  Client client;
  client.handle = change.client;
  client.session.principal = change.principal;
  client.session.rights = change.rights ? &*change.rights : nullptr;
  client.owner = state.tasks.owners.find_or_make(change.principal);
  return client;
}

}  // namespace

void TaskChanger::change(BulkChange& change, const TaskRef& ref) {
  if (ref.get() == nullptr) {
    ++change.counts.skipped["gone"];
    return;
  }
  Task& task = *ref.get();
  std::string id;
  const bool is_listed = change.rows.size() < BulkChange::kMaxRows;
  if (is_listed) id = visibility_of(change).shown_id(task.id, *task.spec).to_string();
  const Done done = carry_out(change, task);
  switch (done.how) {
    case Done::How::skipped:
      ++change.counts.skipped[std::string{done.reason}];
      return;
    case Done::How::requested:
      ++change.counts.requested;
      break;
    case Done::How::changed:
      ++change.counts.changed;
      break;
  }
  if (!is_listed) return;
  PackedMap& row = change.rows.emplace_back();
  row.add("id", id).add("requested", done.how == Done::How::requested);
  if (!done.new_id.is_nil()) row.add("new_id", done.new_id.to_string());
}

TaskChanger::Done TaskChanger::carry_out(const BulkChange& change, Task& task) {
  if (is_dropped(task)) return Done::skip("gone");
  switch (change.order.action) {
    case TaskAction::cancel:
      return cancel(change, task);
    case TaskAction::retry:
      return retry(change, task);
    case TaskAction::drop:
      return drop(task);
    case TaskAction::move:
      return move(task, change.order.queue, task.options().priority);
    case TaskAction::reprioritise:
      break;
  }
  return move(task, std::string{base_queue(task.spec->queue)}, change.order.priority);
}

TaskChanger::Done TaskChanger::cancel(const BulkChange& change, Task& task) {
  if (is_terminal(task.state)) return Done::skip("finished");
  if (task.state != State::running) {
    cancels_.end_waiting(task);
    return {};
  }
  if (!change.order.running) return Done::skip("running");
  cancels_.request(task);
  return {Done::How::requested, {}, {}};
}

TaskChanger::Done TaskChanger::retry(const BulkChange& change, Task& letter) {
  if (letter.state != State::failed) return Done::skip("finished");
  const TaskId new_id = id_of_retry(state_, change, letter);
  Client client = stand_in(state_, change);
  const auto status = retry_letter(submissions_, retention_, client, letter, new_id, {.queue = change.order.queue});
  if (!status.ok()) return Done::skip(errc_name(status.code()));
  return {Done::How::changed, {}, new_id};
}

TaskChanger::Done TaskChanger::drop(Task& letter) {
  if (letter.state != State::failed) return Done::skip("finished");
  retention_.drop(letter);
  return {};
}

TaskChanger::Done TaskChanger::move(Task& task, const std::string& queue, int priority) {
  if (task.state == State::running) return Done::skip("running");
  if (is_terminal(task.state) && task.state != State::failed) return Done::skip("finished");
  const Requeue op{task.seq, task.options().process ? process_queue(queue) : queue, static_cast<std::int8_t>(priority)};
  if (op.queue.size() > proto::limits::kMaxName) return Done::skip(errc_name(Errc::name_invalid));
  if (op.queue == task.spec->queue && op.priority == task.options().priority) return Done::skip("unchanged");
  return move_to(task, op);
}

// The task leaves its lane before its spec changes, and may be on disk after it has joined the other one.
TaskChanger::Done TaskChanger::move_to(Task& task, const Requeue& op) {
  Queue* const from = task.queue();  // null: a dead letter that counts in no queue
  Queue* to = from;
  if (from != nullptr && op.queue != from->name()) {
    const std::string_view principal = task.owner() == nullptr ? std::string_view{} : task.owner()->name;
    to = state_.queues.find_or_make(op.queue, principal, state_.clock.now());
    if (to == nullptr) return Done::skip(errc_name(Errc::too_many_queues));
    if (!to->budget.has_room(counted_bytes(task))) return Done::skip(errc_name(Errc::queue_full));
  }
  const State state = task.state;
  if (state == State::ready) remove_from_lane(state_, task);
  if (to != from) {
    from->budget.release(counted_bytes(task));
    to->budget.hold(counted_bytes(task));
    if (state == State::scheduled) {
      --from->scheduled;
      ++to->scheduled;
    }
  }
  const SharedSpec before = task.spec.shared();
  CommonPart common = task.spec.part();
  set_queue(common.spec, op);
  common.queue = to;
  task.spec = CommonRef{std::move(common)};
  note(state_, TaskEventKind::moved, task, {.before = &before});
  if (task.durable && !mutant(Mutant::move_not_stored)) state_.rewrite(task, op);
  if (state == State::ready) add_to_lane(state_, task);
  return {};
}

}  // namespace forkmill::broker
