// Deliveries: results on their way to clients. A result is sent to each client that waits for it, at most
// window_results at a time, and again in the client's next session until it is acknowledged.
#pragma once

#include <vector>

#include "broker/core/lifecycle/retention.h"
#include "broker/core/objects/base/loans.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Deliveries {
 public:
  Deliveries(BrokerState& state, Retention& retention, Loans& loans)
      : state_{state}, retention_{retention}, loans_{loans} {}

  // Makes the result of a task that has just finished due to its submitter and its watchers.
  void task_finished(Task& task);
  // Makes the result due to the client, now or when there is one. A second call changes nothing while the first result
  // is still to be sent.
  void watch(Task& task, Client& client);
  // Does the same for an unfinished task on disk.
  void watch_paged_out(proto::TaskSeq seq, Client& client);
  // Tells the client that the task is unknown; flush_unknown() sends it.
  void refuse_unknown(const TaskId& id, Client& client);
  // Sends one message of those that wait. Returns whether that was all.
  bool flush_unknown(Client& client);

  void acknowledge(Client& client, const proto::ResultAck& ack);
  // Makes results that were under way due again, because the client has come back.
  void resume(Client& client);
  // Ends all deliveries to a client that is gone for good.
  void abandon(Client& client);

  // Sends the results that are due and fit the client's window.
  void flush(Client& client);

  // Bytes of results that may be under way to a client before it acknowledges some; one message may go beyond. Each
  // result counts for kSentResult bytes more than it has.
  static constexpr std::size_t kMaxUnderWay = 64 * 1024 * 1024;
  static constexpr std::size_t kSentResult = 256;

 private:
  // Whether the result is among those that are to be sent to the client.
  static bool is_due(const Task& task, const Client& client);
  static void note_due(Task& task, const Client& client);
  static void note_sent(Task& task, const Client& client);
  void enqueue(Task& task, Client& client);
  // Adds the client to those that wait for a task, once.
  void add_watcher(std::vector<ClientHandle>& watchers, const Client& client);
  // Counts one delivery less under way. The task counts as delivered when its submitter has the result: another client
  // may have fetched it while the submitter was out of reach.
  void end_delivery(Task& task, bool delivered);
  // Entries of Client::Results::under_way. An unused one serves the next message, with the memory of its list: many
  // clients get many small messages, and would need two allocations for each.
  using Entry = Client::Results::UnderWay::node_type;
  Entry new_entry();
  void reuse(Entry&& entry);
  // Call when the client has the result, or will not fetch it.
  void forget_loans(const Task& task, const Client& client);

  BrokerState& state_;
  Retention& retention_;
  Loans& loans_;
  std::vector<Entry> unused_;
};

}  // namespace forkmill::broker
