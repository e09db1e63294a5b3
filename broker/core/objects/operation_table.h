// OperationTable: the operations of all clients by number, and their answers. An operation that arrives again is not
// done again: its answer is sent again, once there is one. Answers go out at the end of the round, and an answer about
// a durable object not before the change is safe.
#pragma once

#include <unordered_map>
#include <vector>

#include "broker/core/objects/base/object.h"
#include "broker/core/objects/client_operations.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class OperationTable {
 public:
  explicit OperationTable(BrokerState& state) : state_{state} {}

  // Made if the client has none yet.
  ClientOperations& of(ClientHandle client);
  // Null: the client has none.
  ClientOperations* find(ClientHandle client);
  void erase(ClientHandle client) { clients_.erase(client); }
  // By rising handle.
  std::vector<ClientHandle> clients() const;
  // Whether an operation of the client waits.
  bool waits(ClientHandle client) const;

  // Forgets the answers that the client says it has.
  static void acknowledge(ClientOperations& operations, const proto::Operate& message);
  // A new entry for that number. Null: the operation is not to be done, because it was done or refused.
  ClientOperations::Entry* admit(ClientOperations& operations, std::uint64_t number);
  // Ends the operation; its Call is destroyed. `object`: the one that it changed, or null.
  void answer(ClientHandle client, std::uint64_t number, const Object* object, Answer answer);
  // The client's record is written at the end of the round.
  void mark_dirty(ClientHandle client);

  // Clients with answers to send or a record to write, in the order in which they came up.
  const std::vector<ClientHandle>& touched() const { return touched_; }
  // Call once a round, after the records of the round are among the ops.
  void flush();

 private:
  void send_later(ClientOperations& operations, std::uint64_t number);
  void touch(ClientOperations& operations);
  void send_answers(ClientOperations& operations);

  BrokerState& state_;
  std::unordered_map<ClientHandle, ClientOperations> clients_;
  std::vector<ClientHandle> touched_;
};

}  // namespace forkmill::broker
