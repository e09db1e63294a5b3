// Outbox: sends what a round has gathered for each client and worker, in few and large messages. An acknowledgement
// alone would wake the peer for no benefit, so it waits for the next message to that peer, but no longer than
// CoreOptions::ack_delay.
#pragma once

#include <vector>

#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Outbox {
 public:
  Outbox(BrokerState& state, Deliveries& deliveries) : state_{state}, deliveries_{deliveries} {}

  // Sends what waits for the clients and workers that were touched in this round, and the acknowledgements whose time
  // has come. Does not touch any client or worker.
  void flush();
  // Does the same, and sends all acknowledgements that wait.
  void flush_all();
  Instant next_wakeup() const { return late_at_; }

 private:
  enum class Acks : std::uint8_t { may_wait, go };
  // Empties the lists.
  void flush(std::vector<ClientHandle>& clients, std::vector<WorkerHandle>& workers, Acks acks);
  void flush(Client& client, Acks acks);
  void flush(Worker& worker, Acks acks);
  void flush_late();
  void send_ack(Client& client);
  void send_ack(Worker& worker);
  void send_notes(Worker& worker);
  void send_grants(Worker& worker);
  bool may_wait(Acks acks, std::size_t messages) const;
  void wake_for_acks();

  BrokerState& state_;
  Deliveries& deliveries_;
  // Acknowledgements that wait, and more ids of unknown tasks than go in one message.
  Instant late_at_ = proto::kNever;
  std::vector<ClientHandle> late_clients_;
  std::vector<WorkerHandle> late_workers_;
  std::vector<ClientHandle> clients_now_;  // being flushed; empty otherwise
  std::vector<WorkerHandle> workers_now_;
};

}  // namespace forkmill::broker
