// OperationAnswers: the operations of all clients by number, and their answers. An operation is done once, however
// often it is sent: when it arrives again, its answer is sent again, once there is one. Answers go out at the end of
// the round, but an answer about a durable object waits until the change is safe.
#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/objects/base/loans.h"
#include "broker/core/objects/base/object.h"
#include "broker/core/objects/cached_operations.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class OperationAnswers {
 public:
  OperationAnswers(BrokerState& state, Loans& loans) : state_{state}, loans_{loans} {}

  // Returns the client's operations, which are made if the client has none yet.
  CachedOperations& of(ClientHandle client);
  // Returns null if the client has none.
  CachedOperations* find(ClientHandle client);
  void erase(ClientHandle client);
  // Returns the clients by rising handle.
  std::vector<ClientHandle> clients() const;
  // For audits.
  const std::unordered_map<ClientHandle, CachedOperations>& all() const { return clients_; }
  // Returns whether an operation of the client waits.
  bool waits(ClientHandle client) const;

  // Forgets the answers that the client says it has.
  static void acknowledge(CachedOperations& operations, const proto::Operate& message);
  // Makes an entry for a new operation. Null: the operation must not be done, because it is known or was refused.
  CachedOperations::Entry* admit(CachedOperations& operations, std::uint64_t number);
  // Ends the operation with `answer`; its Call is destroyed. `object`: the object that it changed, or null.
  void answer(ClientHandle client, std::uint64_t number, const Object* object, Answer answer);
  // Returns the ends of pipes that went out with values of answers since the last call, and the clients that have them.
  struct Received {
    LoanRef loan;
    ClientHandle client;
  };
  std::vector<Received> drain_received() { return std::exchange(received_, {}); }
  // Marks the client's record to be written at the end of the round.
  void mark_dirty(ClientHandle client);

  // Returns the clients with answers to send or a record to write, in the order in which they were touched.
  const std::vector<ClientHandle>& touched() const { return touched_; }
  // Sends the answers of this round. Call once a round, after the records of the round are among the ops.
  void flush();

 private:
  // Takes the loans off the values of an answer, and names them in it.
  void put_loans_in(Answer& answer, ClientHandle client);
  // Counts the values of the answer for the client's principal until the client confirms it.
  void count(CachedOperations& operations, CachedOperations::Entry& entry);
  void send_later(CachedOperations& operations, std::uint64_t number);
  void touch(CachedOperations& operations);
  void send_answers(CachedOperations& operations);

  BrokerState& state_;
  Loans& loans_;
  std::unordered_map<ClientHandle, CachedOperations> clients_;
  std::vector<ClientHandle> touched_;
  std::vector<Received> received_;
};

}  // namespace forkmill::broker
