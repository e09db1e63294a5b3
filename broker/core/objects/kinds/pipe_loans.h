// PipeLoans: the loans of one pipe. A loan keeps its end open while something carries it: the lender, from the loan on
// until it is placed; a task, until that ends; the value of an object; a client that has received such a value or
// result and has not claimed the ticket yet. A message carries its loans only while the end that reads it can be had:
// ends that lie in each other's messages, and nowhere else, are closed.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "broker/core/objects/base/loans.h"
#include "broker/core/objects/base/object_host.h"

namespace forkmill::broker {

class PipeLoans {
 public:
  PipeLoans(ObjectId pipe, ObjectHost& host) : pipe_{pipe}, host_{host} {}

  struct Loan;
  using Tickets = std::map<std::int64_t, Loan>;

  // Whether a loan keeps this end open. `seen`: the ends that were asked about on the way to this one.
  struct End {
    ObjectId pipe;
    std::size_t end = 0;
    friend bool operator==(const End&, const End&) = default;
  };
  using Ends = std::vector<End>;
  bool keep_open(std::size_t end, Ends& seen) const;

  struct Loan {
    std::size_t end = 0;
    ClientHandle lender;           // or the client that has placed it since; none: a value carries it, or that is gone
    const Owner* owner = nullptr;  // the lender's principal
    OwnedTask task;                // nil: none
    bool in_result = false;
    std::size_t values = 0;
    std::optional<End> reader;  // the end that reads the message; none: the value is no message
    std::vector<ClientHandle> receivers;
    bool has_bearer() const { return lender || !task.id.is_nil() || values > 0 || !receivers.empty(); }
  };
  // For audits.
  const Tickets& all() const { return loans_; }

  // Returns the ticket. None: as many ends of this pipe are lent as may be.
  std::optional<std::int64_t> lend(std::size_t end, ClientHandle lender);
  // Ends the loan, and returns its end. None: there is no such ticket, or no longer; or the client belongs neither to
  // the lender's principal, nor to that of a client that has received the loan, or of the worker that runs its task.
  std::optional<std::size_t> claim(std::int64_t ticket, ClientHandle client);

  // These do nothing when the ticket was claimed, or the loan has ended. A loan is placed by clients of the principal
  // that has lent it, in a task of theirs, or in the result of one that a worker of theirs runs.
  void place_in_task(std::int64_t ticket, const TaskId& task, bool in_result, ClientHandle client);
  // Call when the lender takes back what has not reached its place, or when a receiver gives the loan back.
  void take_back(std::int64_t ticket, ClientHandle client);
  // reader: the end that will read the value, if that is a message. Returns false if there is no such ticket, or it is
  // that of another principal than the client's.
  bool place_in_value(std::int64_t ticket, std::optional<End> reader, ClientHandle client);
  void value_gone(std::int64_t ticket);
  void received(std::int64_t ticket, ClientHandle client);
  // receiver: the client that gets the result of the task; none if the task has no result, or no client gets it.
  // Returns whether the loan goes on to the receiver.
  bool task_gone(std::int64_t ticket, ClientHandle receiver);
  // Returns whether a loan has ended.
  bool client_gone(ClientHandle client);
  // Call when the pipe is removed.
  void end_all();

 private:
  static constexpr std::size_t kMax = 64 * 1024;

  Loan* find(std::int64_t ticket);
  // Null: there is no such ticket, or it is that of another principal than the client's.
  Loan* lent_by_principal_of(ClientHandle client, std::int64_t ticket);
  bool may_claim(const Loan& loan, ClientHandle client) const;
  bool is_borne(const Loan& loan, Ends& seen) const;
  void end_without_bearer(std::int64_t ticket);
  void leave_task(std::int64_t ticket, Loan& loan, bool claimed);

  const ObjectId pipe_;
  ObjectHost& host_;
  Tickets loans_;
  std::int64_t last_ticket_ = 0;
};

}  // namespace forkmill::broker
