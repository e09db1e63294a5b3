#include "broker/core/lifecycle/paging.h"

#include <algorithm>
#include <utility>

#include "broker/core/state/residency.h"
#include "proto/buggify.h"
#include "proto/check.h"
#include "proto/mutants.h"

namespace forkmill::broker {

using proto::Mutant;
using proto::mutant;

namespace {

State end_state(proto::OutcomeKind kind) {
  switch (kind) {
    case proto::OutcomeKind::succeeded:
      return State::succeeded;
    case proto::OutcomeKind::cancelled:
      return State::cancelled;
    case proto::OutcomeKind::expired:
      return State::expired;
    default:
      return State::failed;
  }
}

bool is_in(const Task& task, const LaneKey& lane) {
  return task.queue() == lane.queue && task.options().priority == lane.priority && key_of(task) == lane.share &&
         task.type() == lane.type;
}

}  // namespace

void Paging::recover(const TaskSummary& task) {
  const TaskSpec& spec = *task.spec;
  Queue* queue = &state_.queues.restore(spec.queue);
  const bool failed = task.end && end_state(task.end->kind) == State::failed;
  const std::size_t bytes =
      counted_bytes(spec, task.payload_bytes, task.end ? task.end->bytes : 0, task.end.has_value(), failed);
  queue->budget.hold(bytes);
  Owner* owner = state_.tasks.owners.find_or_make(spec.principal);
  if (owner == nullptr) owner = state_.tasks.owners.with_number(0);
  if (!task.end) owner->hold(bytes);
  if (spec.owners_id) owner->renamed[*spec.owners_id] = task.id;
  const Instant now = state_.clock.now();
  if (task.end) {
    if (mutant(Mutant::key_forgotten_at_restart) && !spec.options.key.empty()) return;
    state_.tasks.add_paged_out(task.id, {task.seq, end_state(task.end->kind), number_of(owner)});
    const std::size_t given = counted_bytes(spec, task.payload_bytes, 0, true, failed);
    state_.tasks.owners.hold_result(*owner, result_bytes(given, task.end->bytes, task.end->text_bytes));
    if (failed && spec.options.dead_letter) ++state_.totals.dead_letters;
    // Dead letters are kept in memory, so that there are no more than there may be.
    const Instant until = retention_.kept_after_restart(spec.options, task.end->finished_at);
    return state_.paging.deadlines.add(failed ? now : until, task.seq);
  }
  const auto type = state_.task_types.acquire(spec.name, spec.signature);
  FORKMILL_CHECK(type.has_value());  // the task was within the limits when it was accepted
  state_.grace_until = state_.clock.start() + state_.options.restart_grace;
  const Progression& progression = task.progression;
  const LaneKey lane{queue, spec.options.priority, {number_of(owner), ClientHandle{task.owner}}, *type};
  const Instant arrived = arrival(state_, task.seq, task.submitted_at);
  const Instant planned = progression.due.count() > 0 ? state_.clock.instant(progression.due)
                                                      : state_.clock.first_due(spec.options, arrived);
  const Instant due = mutant(Mutant::delay_forgotten_at_restart) ? now : planned;
  if (progression.dispatched) {
    state_.tasks.add_paged_out(task.id, {task.seq, State::ready, number_of(owner)});
    queue->ready.add_paged_out(lane, task.seq, false);
    suspects_.unfetched.push_back(task.seq);
    return;
  }
  const bool waits = due > now;
  state_.tasks.add_paged_out(task.id, {task.seq, waits ? State::scheduled : State::ready, number_of(owner)});
  if (waits) {
    ++queue->scheduled;
    if (progression.due.count() > 0)
      state_.paging.deadlines.add(due, task.seq);
    else
      plan_paged_out(state_, task.seq, spec.options, arrived);
  } else {
    queue->ready.add_paged_out(lane, task.seq, true);
  }
  if (spec.options.expires.count() > 0 && progression.attempts.value() == 0) {
    state_.paging.deadlines.add(arrived + spec.options.expires, task.seq);
  }
}

void Paging::park(Parked message, std::vector<proto::TaskSeq> wanted) {
  request(std::move(wanted), std::move(message));
}

std::optional<Paging::Parked> Paging::handle(std::uint64_t ticket, FetchAnswer answer) {
  auto found = pending_.find(ticket);
  FORKMILL_CHECK(found != pending_.end());
  Pending& pending = found->second;
  auto* parked = std::get_if<Parked>(&pending.purpose);
  const auto* refill = std::get_if<ForLane>(&pending.purpose);
  std::vector<proto::TaskSeq> again;
  std::vector<TaskRef> strays;
  for (StoredTask& stored : answer.tasks) {
    const TaskId id = stored.put.id;
    if (out_of_date(ticket, stored.put.seq)) {
      // A message still needs the task. A lane does not: a task that has changed has left its place there.
      if (parked != nullptr) again.push_back(stored.put.seq);
      continue;
    }
    bool was_paged_out = false;
    Task* task = page_in(std::move(stored), was_paged_out);
    if (task == nullptr) continue;
    if (std::holds_alternative<ForSuspects>(pending.purpose)) suspects_.resident.emplace_back(*task);
    if (was_paged_out && refill != nullptr && !is_in(*task, refill->lane)) strays.emplace_back(*task);
    if (parked == nullptr) continue;
    if (parked->wants && !parked->wants(*task)) {
      if (was_paged_out) strays.emplace_back(*task);
      continue;
    }
    parked->ids.emplace(task->seq, id);
    if (was_paged_out) parked->visitors.emplace_back(*task);
  }
  if (refill != nullptr) {
    for (std::size_t i = 0; i < answer.done; ++i) {
      auto resident = state_.paging.in_paged_out_part.find(pending.seqs[i]);
      Task* task = resident == state_.paging.in_paged_out_part.end() ? nullptr : resident->second;
      if (task != nullptr && !is_in(*task, refill->lane) && !mutant(Mutant::moved_into_old_lane)) task = nullptr;
      if (task != nullptr) state_.paging.in_paged_out_part.erase(resident);
      if (mutant(Mutant::page_in_skips_row) && i == 1) task = nullptr;
      refill->lane.queue->ready.refill(refill->lane, task);
    }
  }
  release(strays);
  pending.seqs.erase(pending.seqs.begin(), pending.seqs.begin() + static_cast<std::ptrdiff_t>(answer.done));
  pending.seqs.insert(pending.seqs.end(), again.begin(), again.end());
  Pending done = std::move(pending);
  pending_.erase(found);
  forget_outdated();
  if (auto* message = std::get_if<Parked>(&done.purpose); message != nullptr && message->in_parts) {
    message->left = std::move(done.seqs);
    return std::move(*message);
  }
  if (!done.seqs.empty()) {
    request(std::move(done.seqs), std::move(done.purpose));
    return std::nullopt;
  }
  if (const auto* filled = std::get_if<ForLane>(&done.purpose)) filled->lane.queue->ready.end_refill(filled->lane);
  if (std::holds_alternative<ForDeadlines>(done.purpose)) deadlines_asked_ = false;
  if (std::holds_alternative<ForSuspects>(done.purpose)) suspects_.are_on_their_way = false;
  if (auto* message = std::get_if<Parked>(&done.purpose)) return std::move(*message);
  return std::nullopt;
}

std::uint64_t Paging::visit(std::vector<proto::TaskSeq> seqs) {
  request(std::move(seqs), ForVisit{});
  return state_.output.last_ticket;
}

// Tasks behind one whose answer is out of date are left as well, so that all are visited in order.
Paging::Visit Paging::handle_visit(std::uint64_t ticket, FetchAnswer answer) {
  const auto found = pending_.find(ticket);
  FORKMILL_CHECK(found != pending_.end());
  const std::vector<proto::TaskSeq> seqs = std::move(found->second.seqs);
  auto end = seqs.begin() + static_cast<std::ptrdiff_t>(answer.done);
  Visit visit;
  for (StoredTask& stored : answer.tasks) {
    if (out_of_date(ticket, stored.put.seq)) {
      end = std::find(seqs.begin(), end, stored.put.seq);
      break;
    }
    bool was_paged_out = false;
    Task* task = page_in(std::move(stored), was_paged_out);
    if (task == nullptr) continue;
    visit.tasks.emplace_back(*task);
    if (was_paged_out) visit.visitors.emplace_back(*task);
  }
  visit.visited.assign(seqs.begin(), end);
  visit.left.assign(end, seqs.end());
  pending_.erase(found);
  forget_outdated();
  return visit;
}

void Paging::release(const std::vector<TaskRef>& visitors) {
  bool some_finished = false;
  for (const TaskRef& visitor : visitors) {
    Task* task = visitor.get();
    if (task == nullptr || task->cancelling.requested) continue;
    some_finished = some_finished || is_terminal(task->state);
    const bool far_away =
        task->state == State::scheduled && task->ready_at > PagedOutDeadlines::horizon(state_.clock.now());
    const bool suspect = std::any_of(suspects_.resident.begin(), suspects_.resident.end(),
                                     [&](const TaskRef& one) { return one.get() == task; });
    if (far_away || (task->state == State::ready && task->paging.in_paged_out_part && !suspect))
      put_away(state_, *task);
  }
  if (some_finished) retention_.page_out_excess();
}

void Paging::flush() {
  settle_suspects();
  ask_for_lines();
  ask_for_deadlines();
}

Instant Paging::next_wakeup() const {
  Instant next = state_.grace_until > state_.clock.now() ? state_.grace_until : proto::kNever;
  if (!deadlines_asked_ && state_.paging.fetched_early <= state_.options.resident.scheduled) {
    next = std::min(next, state_.paging.deadlines.next_fetch());
    const Instant by_wall = state_.paging.wall_deadlines.next_fetch();
    if (by_wall != proto::kNever)
      next = std::min(next, state_.clock.now() + std::max(by_wall - Instant{state_.clock.unix_time()}, Instant{0}));
  }
  return next;
}

void Paging::request(std::vector<proto::TaskSeq> seqs, Purpose purpose) {
  const std::uint64_t ticket = state_.output.ask(FetchRequest{seqs});
  pending_.emplace(ticket, Pending{std::move(seqs), std::move(purpose)});
}

bool Paging::out_of_date(std::uint64_t ticket, proto::TaskSeq seq) const {
  const auto found = state_.paging.outdated.find(seq);
  return found != state_.paging.outdated.end() && ticket <= found->second;
}

void Paging::forget_outdated() {
  constexpr std::size_t kMany = 4096;
  if (pending_.empty()) return state_.paging.outdated.clear();
  if (state_.paging.outdated.size() < kMany && !proto::buggify(proto::Path::old_news_forgotten)) return;
  const std::uint64_t oldest = pending_.begin()->first;
  std::erase_if(state_.paging.outdated, [&](const auto& entry) { return entry.second < oldest; });
}

Task* Paging::page_in(StoredTask stored, bool& was_paged_out) {
  PutTask& put = stored.put;
  const auto entry = state_.tasks.find_paged_out(put.id);
  if (!entry || entry->seq != put.seq) {
    Task* resident = state_.tasks.find(put.id);
    return resident != nullptr && resident->seq == put.seq ? resident : nullptr;
  }
  was_paged_out = true;
  Task& task = state_.tasks.page_in(put.id);
  task.durable = true;
  const TaskTypeId type = stored.finish ? 0 : state_.task_types.number(put.spec->name, put.spec->signature);
  Queue& queue = state_.queues.restore(put.spec->queue);
  task.spec =
      CommonRef{{put.spec, &queue, state_.tasks.owners.with_number(entry->owner), ClientHandle{put.owner}, type}};
  task.submitted_at = put.submitted_at;
  task.payload = std::move(put.payload);
  if (stored.finish) {
    set_up_finished(task, std::move(*stored.finish));
  } else {
    set_up_waiting(task, stored.progression, entry->state);
  }
  return &task;
}

void Paging::set_up_waiting(Task& task, const Progression& progression, State state) {
  task.attempts = progression.attempts;
  const proto::TaskOptions& options = task.options();
  const Instant arrived = arrival(state_, task.seq, task.submitted_at);
  task.ready_at =
      progression.due.count() > 0 ? state_.clock.instant(progression.due) : state_.clock.first_due(options, arrived);
  if (auto watchers = state_.paging.watchers.find(task.seq); watchers != state_.paging.watchers.end()) {
    std::erase(watchers->second, task.client());
    edit_rare(task).watchers = std::move(watchers->second);
    state_.paging.watchers.erase(watchers);
  }
  if (state == State::scheduled) {
    task.state = State::scheduled;
    ++state_.paging.scheduled;
    ++state_.paging.fetched_early;
    task.paging.fetched_early = true;
    state_.deadlines.add(std::max(task.ready_at, state_.clock.now()), task);
  } else {
    task.state = State::ready;
    task.paging.in_paged_out_part = true;
    state_.paging.in_paged_out_part.emplace(task.seq, &task);
  }
  if (options.expires.count() > 0 && task.attempts.value() == 0) {
    edit_rare(task).expires_at = arrived + options.expires;
    state_.deadlines.add(task.expires_at(), task);
  }
}

void Paging::set_up_finished(Task& task, Finish finish) {
  task.state = end_state(finish.outcome.kind);
  const bool failed = task.state == State::failed;
  task.attempts = finish.outcome.attempt;
  set_finished(task, std::move(finish.outcome), finish.finished_at);
  if (!failed) task.payload = {};
  task.finished->counted = true;  // as all finished tasks on disk are
  retention_.restore(task);
}

void Paging::ask_for_lines() {
  for (const LaneKey& lane : state_.queues.drain_needs_refill()) {
    auto seqs = lane.queue->ready.next_paged_out(lane);
    FORKMILL_CHECK(!seqs.empty());
    request(std::move(seqs), ForLane{lane});
  }
}

void Paging::ask_for_deadlines() {
  const ResidentLimits& resident = state_.options.resident;
  // No more tasks are fetched than memory is given for, the earliest deadlines first.
  if (!deadlines_asked_ && state_.paging.fetched_early <= resident.scheduled) {
    constexpr std::size_t kMost = 4096;  // looked at in one round
    std::vector<proto::TaskSeq> seqs;
    for (std::size_t i = 0; i < kMost && seqs.size() < resident.page; ++i) {
      auto seq = state_.paging.deadlines.pop(state_.clock.now());
      if (!seq) seq = state_.paging.wall_deadlines.pop(Instant{state_.clock.unix_time()});
      if (!seq) break;
      if (state_.paging.is_held(*seq))
        state_.paging.deadlines.add(state_.clock.now() + PagingState::kHeldFor, *seq);
      else
        seqs.push_back(*seq);
    }
    if (seqs.empty()) return;
    deadlines_asked_ = true;
    request(std::move(seqs), ForDeadlines{});
  }
}

void Paging::settle_suspects() {
  if (!suspects_.unfetched.empty()) {
    suspects_.are_on_their_way = true;
    request(std::exchange(suspects_.unfetched, {}), ForSuspects{});
  }
  if (suspects_.are_on_their_way || state_.clock.now() < state_.grace_until) return;
  for (const TaskRef& ref : std::exchange(suspects_.resident, {})) {
    Task* task = ref.get();
    if (task == nullptr || task->state != State::ready) continue;  // a worker came back with it
    remove_from_lane(state_, *task);
    grants_.lose(*task, "the broker was restarted while this task, which must not run twice, was with a worker");
  }
}

}  // namespace forkmill::broker
