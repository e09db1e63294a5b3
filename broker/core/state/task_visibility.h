// TaskVisibility: which tasks a client may know of, and by which ids. A client without the role admin sees the tasks of
// its own principal, and those of queues that its right manage= names; all others are unknown to it. The id of a task
// is the one that its submitter gave it, unless a task of another principal had that id: then only its owner knows it
// by that id.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/core/state/broker_state.h"
#include "proto/session/rights.h"

namespace forkmill::broker {

// The visibility of one client, for tasks that are not in memory; safe to use on another thread.
struct TaskVisibility {
  bool all = true;
  std::string principal;
  proto::Patterns queues;  // other principals' queues that it may see

  bool shows(const TaskSpec& spec) const;
  // Returns the id by which the client knows a task that has `id` in the table.
  TaskId shown_id(const TaskId& id, const TaskSpec& spec) const;
};
TaskVisibility visibility_of(const Client& client);

bool sees_all(const Client& client);
// Returns the number of a session, for those that may know it: operators, and the session's own principal. 0 for
// others.
std::uint64_t shown_session(const Client& client, const Session& session);
// Whether the task belongs to the client's principal.
bool owns(const Client& client, const Task& task);
bool owns(const Client& client, PagedOutEntry entry);
bool may_see(const Client& client, const Task& task);
// Whether the client may see all tasks of the queue.
bool may_see_queue(const Client& client, std::string_view queue);
// Whether the client may see the task in any queue: a task on disk does not tell which one it is in.
bool may_see_in_any_queue(const Client& client, PagedOutEntry entry);
// Whether the client may see the task, or could see it if its queue were known.
bool might_see(const Client& client, PagedOutEntry entry);

// Returns the id in the table of the task that the client calls `id`.
TaskId id_in_table(const Client& client, const TaskId& id);
// Returns the id by which the client knows the task.
TaskId id_for(const Client& client, const Task& task);

// Returns the task in memory that the client calls `id`; null if there is none that it may see.
Task* seen_task(const BrokerState& state, const Client& client, const TaskId& id);

// Whether the text is no id, but one can begin with it, and it is long enough to name a task.
bool is_beginning_of_id(std::string_view text);
// Returns the id in the table of the task that `text` names: an id, or the beginning of only one that the client may
// see, as IdSearch has found (Client::named). None: it names no task.
std::optional<TaskId> named_by(const Client& client, std::string_view text);
// Returns why named_by() found none, for people.
std::string why_unknown(const Client& client, std::string_view text);

}  // namespace forkmill::broker
