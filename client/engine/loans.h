// Loans: ends of pipes that this program has packed and that are on their way to another client. The bytes of a packed
// end are found again in what they are sent in: the arguments or the result of a task, the value of an object. So
// the broker learns what carries the end, and closes it when that is gone before a client has claimed it.
//
//     lend ──▶ unsent ──submit, put, send, store …──▶ carried, for the broker to watch
//                 └──close of the end, a carrier that was never sent──▶ taken back
//
// Thread-safe.
#pragma once

#include <forkmill/detail/state.h>
#include <forkmill/task_id.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/session/requests.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class Engine;

struct Loan {
  detail::Ref<detail::Origin> engine;  // the client that lends
  std::uint64_t pipe = 0;
  std::int64_t end = 0;
  std::int64_t ticket = 0;
  const void* handle = nullptr;  // the opening that was lent
  std::string packed;            // as it stands in arguments and values
};
using Loans = std::vector<Loan>;

// Adds a loan to the unsent ones of this program.
void add_unsent(Loan loan);
// Remove and return unsent loans: those whose packed end is in `bytes`, and those of a handle.
Loans remove_unsent_in(std::string_view bytes);
Loans remove_unsent_of(const void* handle);
// Whether the packed end of an unsent loan is in `bytes`.
bool holds_unsent(std::string_view bytes);
// Call when the client was closed: the broker ends its loans.
void forget_unsent_of(const detail::Origin& engine);

// Tells the broker that these ends go nowhere. Loans that have reached a client are not concerned.
void take_back(const Loans& loans) noexcept;
// Tells the broker which task carries these ends, and waits for its answer. Throws the error of the answer, unless
// the pipe is gone: then the reader of the end is told.
void place_in_task(const Loans& loans, const TaskId& task, bool in_result);

// OutgoingLoans: the ends of pipes in the arguments of one task that is to be submitted. They are taken back when the
// submission fails, and when the task ends without having reached the broker.
class OutgoingLoans {
 public:
  explicit OutgoingLoans(std::string_view arguments) : loans_{remove_unsent_in(arguments)} {}
  ~OutgoingLoans() { take_back(loans_); }
  OutgoingLoans(OutgoingLoans&& other) noexcept : loans_{std::move(other.loans_)} { other.loans_.clear(); }
  OutgoingLoans& operator=(OutgoingLoans&&) = delete;

  // Adds the pipes of the broker at `endpoint` to a TaskPlace.
  void add_to(TaskPlace& place, const std::string& endpoint) const;
  // Call before the task is handed to the inbox; sets its id, unless it has one.
  void place(proto::Submission& task) const;
  // Call when the task was handed over, and `state` is that of its future.
  void submitted(detail::State& state);

 private:
  Loans loans_;
};

}  // namespace forkmill::client
