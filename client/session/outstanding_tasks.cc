#include "client/session/outstanding_tasks.h"

#include <utility>

#include "client/session/batches.h"
#include "proto/mutants.h"

namespace forkmill::client {

// ---- Waiters --------------------------------------------------------------------------------------------------------

bool OutstandingTasks::add(const proto::Submission& task, Cookie cookie) {
  const auto* entry = table_.insert({task.id, cookie, Phase::queued});
  if (entry == nullptr) {
    if (!task.spec->options.key.empty()) shared_.at(task.id).body = SharedTasks::body_of(task);
    return true;
  }
  const auto body = SharedTasks::body_of(task);
  auto& shared = shared_.at(task.id);
  if (entry->phase == Phase::attached) shared.first_by_id = true;
  // A task that is known by its id alone: only the broker knows whether its body is the same.
  const bool fresh = shared.first_by_id && !shared.body;
  if (fresh) shared.body = body;
  if (shared.body != body) {
    const auto text = "this client waits for another task of the same id, made of key '" + task.spec->options.key + "'";
    effects_.end(cookie, rejection(Errc::duplicate_task, text));
    return false;
  }
  shared_.add(shared, {cookie, false});
  if (entry->phase == Phase::accepted) effects_.accepted.push_back(cookie);
  return fresh;
}

void OutstandingTasks::attach(const TaskId& id, Cookie cookie) {
  const auto* entry = table_.insert({id, cookie, Phase::attached});
  if (entry == nullptr) {
    to_attach_.push_back(id);
    return;
  }
  auto& shared = shared_.at(id);
  if (entry->phase == Phase::attached) shared.first_by_id = true;
  shared_.add(shared, {cookie, true});
  if (entry->phase == Phase::accepted) effects_.accepted.push_back(cookie);
}

OutstandingTasks::Entry* OutstandingTasks::find(const proto::Submission& task) {
  auto* entry = table_.find(task.id);
  if (entry == nullptr || task.spec->options.key.empty()) return entry;
  const auto* shared = shared_.find(task.id);
  return shared != nullptr && shared->body == SharedTasks::body_of(task) ? entry : nullptr;
}

bool OutstandingTasks::is_under_key(const TaskId& id) {
  const auto* shared = shared_.find(id);
  return shared != nullptr && shared->body.has_value();
}

bool OutstandingTasks::is_being_submitted(const Entry& entry) {
  if (entry.phase == Phase::queued || entry.phase == Phase::sent) return true;
  return entry.phase == Phase::attached && is_under_key(entry.id);
}

// Removes all waiters of a task, and returns them: the one in the table first.
std::vector<SharedTasks::Waiter> OutstandingTasks::remove_waiters(const Entry& entry) {
  auto task = shared_.remove(entry.id);
  task.further.insert(task.further.begin(), {entry.cookie, task.first_by_id});
  return std::move(task.further);
}

// Puts back the waiters in `left`. Without any, the task is removed.
void OutstandingTasks::keep_waiters(Entry* entry, const std::vector<SharedTasks::Waiter>& left,
                                    std::optional<std::uint64_t> body) {
  if (left.empty()) return table_.erase(entry);
  entry->cookie = left.front().cookie;
  if (left.size() == 1 && !body) return;
  auto& shared = shared_.at(entry->id);
  shared.body = body;
  shared.first_by_id = left.front().by_id;
  for (auto waiter = left.begin() + 1; waiter != left.end(); ++waiter) shared_.add(shared, *waiter);
}

// ---- What the broker says -------------------------------------------------------------------------------------------

void OutstandingTasks::accept(Entry& entry) {
  entry.phase = Phase::accepted;
  effects_.accepted.push_back(entry.cookie);
  shared_.for_each_further(entry.id, [&](Cookie cookie) { effects_.accepted.push_back(cookie); });
}

void OutstandingTasks::defer(Entry& entry) {
  const auto* shared = shared_.find(entry.id);
  const bool by_id = shared != nullptr && shared->first_by_id;  // the task is waited for without the submission, too
  entry.phase = by_id ? Phase::attached : Phase::queued;
}

void OutstandingTasks::reject(Entry* entry, const proto::Outcome& outcome) {
  std::vector<SharedTasks::Waiter> left;
  for (const auto& waiter : remove_waiters(*entry)) {
    if (waiter.by_id)
      left.push_back(waiter);
    else
      effects_.end(waiter.cookie, outcome);
  }
  entry->phase = Phase::attached;
  if (!left.empty()) to_attach_.push_back(entry->id);
  keep_waiters(entry, left, {});
}

bool OutstandingTasks::is_of_another_body(const Entry& entry, std::uint64_t body) {
  if (body == 0) return false;
  const auto* shared = shared_.find(entry.id);
  return shared != nullptr && shared->body && *shared->body != body;
}

// The key was given to another task. The result is the answer for all that asked for the task by its id. A submission
// from here is either unanswered, and its answer is still to come, or the broker had taken it and has lost it.
void OutstandingTasks::end_another(Entry* entry, const proto::Outcome& outcome) {
  const bool lost = entry->phase == Phase::accepted || entry->phase == Phase::orphaned;
  const auto loss = rejection(Errc::task_unknown, "the broker has lost it, and another task has its key now");
  const auto body = shared_.at(entry->id).body;
  std::vector<SharedTasks::Waiter> left;
  for (const auto& waiter : remove_waiters(*entry)) {
    if (waiter.by_id)
      effects_.end(waiter.cookie, outcome);
    else if (lost)
      effects_.end(waiter.cookie, loss, true);
    else
      left.push_back(waiter);
  }
  if (entry->phase == Phase::attached) entry->phase = Phase::sent;
  keep_waiters(entry, left, body);
}

void OutstandingTasks::end(Entry* entry, proto::Outcome&& outcome) {
  const bool known = entry->phase == Phase::accepted || entry->phase == Phase::orphaned;
  for (const auto& waiter : shared_.remove(entry->id).further) effects_.end(waiter.cookie, outcome, known);
  effects_.ended.push_back({entry->cookie, std::move(outcome), known});
  if (!proto::mutant(proto::Mutant::result_taken_twice)) table_.erase(entry);
}

void OutstandingTasks::end_all(const proto::Outcome& outcome) {
  table_.for_each([&](const Entry& entry) {
    effects_.end(entry.cookie, outcome);
    shared_.for_each_further(entry.id, [&](Cookie cookie) { effects_.end(cookie, outcome); });
  });
  table_.clear();
  shared_ = {};
  to_attach_.clear();
}

void OutstandingTasks::handle(proto::Progress& progress) {
  for (auto& note : progress.notes) {
    const auto* entry = table_.find(note.id);
    if (entry == nullptr) continue;
    shared_.for_each_further(note.id, [&](Cookie cookie) {
      effects_.progress.push_back({cookie, note.fraction, note.note});
    });
    effects_.progress.push_back({entry->cookie, note.fraction, std::move(note.note)});
  }
}

void OutstandingTasks::handle(proto::Started& started) {
  for (const auto& note : started.notes) {
    const auto* entry = table_.find(note.id);
    if (entry == nullptr) continue;
    shared_.for_each_further(note.id, [&](Cookie cookie) {
      effects_.started.push_back({cookie, note.pid, note.host});
    });
    effects_.started.push_back({entry->cookie, note.pid, note.host});
  }
}

// ---- Asking for tasks -----------------------------------------------------------------------------------------------

void OutstandingTasks::new_session(bool resumed) {
  to_attach_.clear();
  table_.for_each([&](Entry& entry) {
    if (!resumed && entry.phase == Phase::accepted && !proto::mutant(proto::Mutant::reattach_lost))
      entry.phase = Phase::orphaned;
    // Only the result acknowledges an ATTACH: until then, each new session asks again.
    if (entry.phase == Phase::orphaned || entry.phase == Phase::attached) to_attach_.push_back(entry.id);
  });
}

void OutstandingTasks::flush(Instant now, Conversation& conversation) {
  if (!to_attach_.empty()) send_in_batches<proto::Attach>(to_attach_, kIdsOfAMessage, now, conversation);
}

}  // namespace forkmill::client
