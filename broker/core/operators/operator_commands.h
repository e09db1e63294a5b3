// OperatorCommands: carries out the commands of operators (COMMAND in PROTOCOL.md).
//
// A client that has no reply sends the command again in its next session, with the same id: it gets the reply that was
// lost on the way, and nothing is done twice. Replies are kept in memory, for as long as the client is known.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "broker/core/lifecycle/cancels.h"
#include "broker/core/lifecycle/retention.h"
#include "broker/core/objects/objects.h"
#include "broker/core/operators/answers/replies.h"
#include "broker/core/operators/bulk/task_changes.h"
#include "broker/core/operators/dead_letters.h"
#include "broker/core/operators/history_queries.h"
#include "broker/core/operators/steering.h"
#include "broker/core/peers/processes.h"
#include "broker/core/state/audit.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/submission/submissions.h"

namespace forkmill::broker {

class OperatorCommands {
 public:
  OperatorCommands(BrokerState& state, Submissions& submissions, Retention& retention, Cancels& cancels,
                   Objects& objects, Processes& processes, Steering& steering, TaskChanges& changes,
                   HistoryQueries& history)
      : state_{state},
        cancels_{cancels},
        objects_{objects},
        processes_{processes},
        steering_{steering},
        changes_{changes},
        history_{history},
        dead_letters_{state, submissions, retention} {}

  // `task`: the task that the command names, or null. None: the reply goes out when the store or the history has
  // answered, or the tasks have been changed.
  std::optional<proto::Reply> reply(Client& client, const proto::Command& command, Task* task);
  // Whether a command waits for the answer of the store with this ticket: to a backup, or about shards.
  bool awaits(std::uint64_t ticket) const { return begun_.contains(ticket); }
  // REQUIRES: awaits(answer.ticket).
  void handle(StoreAnswer answer);

 private:
  struct Order;

  // A command that the store has not answered.
  struct Begun {
    ClientHandle client;
    AuditedPeer peer;
    proto::Command command;
  };

  // Lets the store carry out a command, which is answered when that has answered.
  void begin(decltype(StoreRequest::what) request, const Client& client, const proto::Command& command);
  // Replies to a command that was begun earlier.
  void finish(ClientHandle handle, const AuditedPeer& peer, const proto::Command& command, const ReplyBody& body);

  BrokerState& state_;
  Cancels& cancels_;
  Objects& objects_;
  Processes& processes_;
  Steering& steering_;
  TaskChanges& changes_;
  HistoryQueries& history_;
  DeadLetters dead_letters_;
  std::unordered_map<std::uint64_t, Begun> begun_;  // by ticket
};

}  // namespace forkmill::broker
