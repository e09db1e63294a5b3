// Cancels: a task that waits is ended at once. A task that a worker has is revoked first, and the client that asked is
// told what became of it.
#pragma once

#include <unordered_map>
#include <vector>

#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Cancels {
 public:
  Cancels(BrokerState& state, TaskGrants& grants) : state_{state}, grants_{grants} {}

  void cancel(Client& client, const proto::Cancel& cancel);
  // Cancels a task that does not run.
  void end_waiting(Task& task);
  // Asks the worker of a running task to stop it. No client waits for the answer.
  void request(Task& task) {
    if (!task.cancelling.requested) revoke(task);
  }
  // Ends the daemons of a client whose session has ended.
  void end_daemons(Client& client);
  void handle(Worker& worker, const proto::Revoked& revoked);
  // Revokes again in the new session of a worker: earlier REVOKEs may not have arrived.
  void repeat(Worker& worker);
  // Answers the cancels of tasks whose attempt ended before their worker answered.
  void settle_finished();

 private:
  void cancel_one(Client& client, const TaskId& id, bool unless_started);
  void ask(Client& client, const TaskId& id, Task& task, bool unless_started);
  void revoke(Task& task);
  void revoke_unless_started(Task& task);
  void answer(proto::TaskSeq seq, proto::CancelState state);
  void answer_started(proto::TaskSeq seq);
  struct Asker {
    ClientHandle client;
    TaskId id;  // as the client named the task
  };
  void tell(const std::vector<Asker>& askers, proto::CancelState state);

  BrokerState& state_;
  TaskGrants& grants_;
  struct Asked {
    std::vector<Asker> askers;
    std::vector<Asker> gentle_askers;  // these want the task cancelled only if it has not started
  };
  std::unordered_map<proto::TaskSeq, Asked> asked_;
};

}  // namespace forkmill::broker
