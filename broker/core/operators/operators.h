// Operators: the queries and commands of operators (QUERY and COMMAND in PROTOCOL.md).
#pragma once

#include <optional>
#include <string_view>

#include "broker/core/lifecycle/cancels.h"
#include "broker/core/lifecycle/retention.h"
#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/objects/objects.h"
#include "broker/core/operators/bulk/task_changes.h"
#include "broker/core/operators/events/event_pulls.h"
#include "broker/core/operators/history_queries.h"
#include "broker/core/operators/operator_commands.h"
#include "broker/core/operators/process_queries.h"
#include "broker/core/operators/queries.h"
#include "broker/core/operators/self_report.h"
#include "broker/core/operators/why_queries.h"
#include "broker/core/peers/processes.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"
#include "broker/core/submission/submissions.h"

namespace forkmill::broker {

class Operators {
 public:
  Operators(BrokerState& state, const Registry& registry, Submissions& submissions, Retention& retention,
            TaskGrants& grants, Cancels& cancels, Objects& objects, Processes& processes, Steering& steering,
            TaskChanges& changes);

  // Replies now, or when the store has answered. A task that the query or command names must be in memory.
  void handle(Client& client, const proto::Query& query);
  void handle(Client& client, const proto::Command& command);
  // Replies to the query or command for which the store has answered a scan, a backup or about shards.
  void handle(StoreAnswer answer);

  // Goes on with the list of tasks that is under way. Call in each round, behind the handling of messages.
  void step() { queries_.step(); }
  // Whether step() has more to do.
  bool is_listing() const { return queries_.is_listing(); }
  // Whether a query waits for the store, or for a list that is under way.
  bool is_waiting() const { return queries_.is_waiting(); }

  // The questions of clients that watch for events.
  EventPulls& event_pulls() { return event_pulls_; }
  const EventPulls& event_pulls() const { return event_pulls_; }

  void set_self(SelfReport self) { self_ = std::move(self); }

 private:
  // `named`: the task that the query names, or null.
  std::optional<proto::Reply> reply(Client& client, const proto::Query& query, Task* named);
  static bool must_be_safe(const proto::Query& query, const Task* named);
  // Returns null if `named` is none, or no task in memory that the client may see.
  Task* task(const Client& client, std::optional<std::string_view> named) const;

  BrokerState& state_;
  Objects& objects_;
  TaskChanges& changes_;
  EventPulls event_pulls_;
  SelfReport self_;
  HistoryQueries history_;
  Queries queries_;
  ProcessQueries process_queries_;
  WhyQueries why_queries_;
  OperatorCommands commands_;
};

}  // namespace forkmill::broker
