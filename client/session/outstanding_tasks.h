// OutstandingTasks: the outstanding tasks of a session with their waiters, and what the broker says of them. Every
// waiter ends once.
//
//     submitted: queued ──▶ sent ──▶ accepted ──▶ end
//                                       └──▶ orphaned (the broker has lost the session; the task is asked for) ──▶ end
//     attached:  attached ──▶ end
//
// Two submissions of one id, which a key makes possible, are one task if their bodies are the same: the second one is
// not sent, and its waiter ends with the first one's. Otherwise the second one is rejected.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/session/conversation.h"
#include "client/session/effects.h"
#include "client/session/shared_tasks.h"
#include "client/session/task_table.h"

namespace forkmill::client {

class OutstandingTasks {
 public:
  using Entry = TaskTable::Entry;
  using Phase = TaskTable::Phase;

  explicit OutstandingTasks(Effects& effects) : effects_{effects} {}
  OutstandingTasks(const OutstandingTasks&) = delete;
  OutstandingTasks& operator=(const OutstandingTasks&) = delete;

  // Adds the waiter of a submission. Returns whether the submission is to be sent: false if an earlier one stands for
  // it, or its waiter has ended with duplicate_task.
  bool add(const proto::Submission& task, Cookie cookie);
  // Adds a waiter that asks for a task by its id.
  void attach(const TaskId& id, Cookie cookie);

  // Null: nothing waits for that task.
  Entry* find(const TaskId& id) { return table_.find(id); }
  void prefetch(const TaskId& id) const { table_.prefetch(id); }
  // The entry of this very submission. Under a key, an entry of the same id may be that of another body; null then.
  Entry* find(const proto::Submission& task);
  // Whether more is known of the task than its first waiter: it has a key, or several waiters.
  bool is_shared(const TaskId& id) { return shared_.find(id) != nullptr; }
  bool is_under_key(const TaskId& id);
  // Whether the broker's answer to a submission from here is still to come.
  bool is_being_submitted(const Entry& entry);

  void accept(Entry& entry);
  // Sends a submission again later.
  void defer(Entry& entry);
  // Call when a submission was rejected: ends its waiters, but not those that asked for the task by its id.
  void reject(Entry* entry, const proto::Outcome& outcome);
  // A result. `body`: of the task that ended, 0 if the broker does not say.
  bool is_of_another_body(const Entry& entry, std::uint64_t body);
  // Ends the waiters that a result of the same id but of another body concerns; see the implementation.
  void end_another(Entry* entry, const proto::Outcome& outcome);
  void end(Entry* entry, proto::Outcome&& outcome);
  void end_all(const proto::Outcome& outcome);

  void handle(proto::Progress& progress);
  void handle(proto::Started& started);

  // Lists the tasks to ask for in a new session.
  void new_session(bool resumed);
  void flush(Instant now, Conversation& conversation);

  std::size_t size() const { return table_.size() + shared_.further(); }

 private:
  std::vector<SharedTasks::Waiter> remove_waiters(const Entry& entry);
  void keep_waiters(Entry* entry, const std::vector<SharedTasks::Waiter>& left, std::optional<std::uint64_t> body);

  Effects& effects_;
  TaskTable table_;
  SharedTasks shared_;
  std::vector<TaskId> to_attach_;  // not asked for in this session yet
};

}  // namespace forkmill::client
