// Objects: all named objects and the operations of clients on them. An operation is done when it arrives or when its
// turn in a line has come. Its answer goes out at the end of the round; an answer about a durable object waits until
// the change is safe.
//
// ObjectDirectory knows the objects, OperationAnswers the operations and answers, WaitLines the calls that wait, and
// ObjectStorage the records of durable objects.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "broker/core/objects/directory.h"
#include "broker/core/objects/loan_transfers.h"
#include "broker/core/objects/operation_answers.h"
#include "broker/core/objects/storage.h"
#include "broker/core/objects/wait_lines.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Objects {
 public:
  explicit Objects(BrokerState& state) : state_{state} {}
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  void operate(Client& client, proto::Operate& message);
  // How a session ended: in order, by GOODBYE or with a process that exited, or in any other way.
  enum class End : std::uint8_t { in_order, lost };
  // Ends the client's waits, frees what it held, and removes the objects that it owns. Call when its session has ended.
  void client_gone(ClientHandle client, End end);

  // Call when the task has ended: ends the loans among its arguments. Those in its result go to its client.
  void task_ended(const Task& task);
  const Loans& loans() const { return loans_; }
  Loans& loans() { return loans_; }

  // Ends the waits whose time is over.
  void tick();
  // Writes records and sends answers.
  void flush();
  Instant next_wakeup() const { return lines_.next_wakeup(); }

  // Reads one record at the start; call by rising `seq`. See ObjectStorage::recover().
  void recover(proto::TaskSeq seq, std::string_view record) { storage_.recover(seq, record, lines_); }
  // Ends recovery; call after the last record. Returns the clients that hold something or wait; they must come back in
  // time.
  std::vector<ClientHandle> finish_recovery();

  // Removes the object; operations that wait for it fail with object_unknown. Returns false if not found.
  bool remove(std::string_view name);
  // Frees the object as if all its holders had gone. Returns the number of holders. None: there is no such object.
  // The change is among the ops on return, so an answer must wait for their commit.
  std::optional<std::size_t> release(std::string_view name);

  const ObjectDirectory& directory() const { return directory_; }
  const OperationAnswers& answers() const { return operations_; }

 private:
  void begin(const Client& client, CachedOperations& operations, proto::Operation operation);
  std::optional<Answer> attempt(Call& call);
  Answer open(Call& call);
  void remove(Object& object);
  void advance_waiters();

  BrokerState& state_;
  Loans loans_;
  ObjectDirectory directory_{state_};
  OperationAnswers operations_{state_, loans_};
  WaitLines lines_{state_, loans_, directory_, operations_};
  LoanTransfers transfers_{state_, loans_, directory_, operations_, lines_};
  ObjectStorage storage_{state_, directory_, operations_};
};

}  // namespace forkmill::broker
