// Deliveries: results on their way to clients. Each is sent to everyone who waits for it, at most window_results at a
// time, and again in the client's next session until it is acknowledged.
#pragma once

#include "broker/core/lifecycle/retention.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Deliveries {
 public:
  Deliveries(BrokerState& state, Retention& retention) : state_{state}, retention_{retention} {}

  // The task has just finished.
  void task_finished(Task& task);
  // The client wants the result, now or when there is one. Asking twice changes nothing while the first is under way.
  void watch(Task& task, Client& client);
  // The same for a task that stands on disk, unfinished.
  void watch_paged_out(proto::TaskSeq seq, Client& client);
  // Nobody knows that task: says so to the client.
  void refuse_unknown(const TaskId& id, Client& client);

  void acknowledge(Client& client, const proto::ResultAck& ack);
  // The client came back: what was under way is due again.
  void resume(Client& client);
  // The client is gone for good.
  void abandon(Client& client);

  // Sends what is due and fits the client's window.
  void flush(Client& client);

 private:
  void enqueue(Task& task, Client& client);
  // One delivery less under way. The task counts as delivered when whoever submitted it has the result: somebody else
  // may have fetched it while that one was out of reach.
  void end_delivery(Task& task, bool delivered);

  BrokerState& state_;
  Retention& retention_;
};

}  // namespace forkmill::broker
