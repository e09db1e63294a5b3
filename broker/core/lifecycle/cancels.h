// Cancels: what waits is ended at once; what a worker has is revoked first, and the asker hears what came of that.
#pragma once

#include <unordered_map>
#include <vector>

#include "broker/core/lifecycle/attempts.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Cancels {
 public:
  Cancels(BrokerState& state, Attempts& attempts) : state_{state}, attempts_{attempts} {}

  void cancel(Client& client, const proto::Cancel& cancel);
  // One that does not run.
  void end_waiting(Task& task);
  // What is to end with its submitter, whose session has ended.
  void end_daemons(Client& client);
  void handle(Worker& worker, const proto::Revoked& revoked);
  // The worker's session is a new one: what was asked of it may not have arrived.
  void repeat(Worker& worker);
  // The task ended before the worker answered.
  void settle_finished();

 private:
  void ask(Client& client, Task& task);
  void revoke(Task& task);
  void answer(const TaskId& id, proto::TaskSeq seq, proto::CancelState state);

  BrokerState& state_;
  Attempts& attempts_;
  struct Asked {
    TaskRef task;
    TaskId id;
    std::vector<ClientHandle> askers;
  };
  std::unordered_map<proto::TaskSeq, Asked> asked_;
};

}  // namespace forkmill::broker
