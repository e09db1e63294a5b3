// Operators: the queries and commands that operators send as QUERY.
#pragma once

#include <optional>

#include "broker/core/lifecycle/attempts.h"
#include "broker/core/lifecycle/cancels.h"
#include "broker/core/lifecycle/intake.h"
#include "broker/core/lifecycle/retention.h"
#include "broker/core/objects/objects.h"
#include "broker/core/operators/dead_letters.h"
#include "broker/core/operators/process_queries.h"
#include "broker/core/operators/queries.h"
#include "broker/core/operators/self_report.h"
#include "broker/core/peers/processes.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

class Operators {
 public:
  Operators(BrokerState& state, const Registry& registry, Intake& intake, Retention& retention, Attempts& attempts,
            Cancels& cancels, Objects& objects, Processes& processes);

  // Replies now, or when the store has answered. A task that the query names must be in memory.
  void handle(Client& client, const proto::Query& query);
  // Replies to the query for which the store has answered a scan or a backup.
  void handle(StoreAnswer answer) { queries_.handle(std::move(answer)); }

  void set_self(SelfReport self) { self_ = std::move(self); }

 private:
  std::optional<proto::Reply> reply(Client& client, const proto::Query& query);
  // Carries out a command, or repeats the answer that it got in an earlier session.
  proto::Reply reply_once(Client& client, const proto::Query& command);
  proto::Reply carry_out(Client& client, const proto::Query& command);
  Task* task_of(const proto::Query& query) const;

  BrokerState& state_;
  Objects& objects_;
  SelfReport self_;
  DeadLetters dead_letters_;
  Queries queries_;
  ProcessQueries process_queries_;
};

}  // namespace forkmill::broker
