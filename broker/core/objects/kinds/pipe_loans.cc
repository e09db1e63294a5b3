#include "broker/core/objects/kinds/pipe_loans.h"

#include <algorithm>
#include <utility>

#include "broker/core/objects/base/loan_principals.h"
#include "broker/core/objects/kinds/pipe.h"
#include "proto/mutants.h"

namespace forkmill::broker {

PipeLoans::Loan* PipeLoans::find(std::int64_t ticket) {
  const auto found = loans_.find(ticket);
  return found == loans_.end() ? nullptr : &found->second;
}

PipeLoans::Loan* PipeLoans::lent_by_principal_of(ClientHandle client, std::int64_t ticket) {
  Loan* loan = find(ticket);
  if (loan != nullptr && proto::mutant(proto::Mutant::loan_placed_by_others)) return loan;
  const bool is_theirs = loan != nullptr && loan->owner == host_.principals().owner_of(client);
  return is_theirs ? loan : nullptr;
}

void PipeLoans::end_without_bearer(std::int64_t ticket) {
  const auto found = loans_.find(ticket);
  if (!found->second.has_bearer()) loans_.erase(found);
}

bool PipeLoans::keep_open(std::size_t end, Ends& seen) const {
  if (loans_.empty() || std::ranges::find(seen, End{pipe_, end}) != seen.end()) return false;
  seen.push_back({pipe_, end});
  return std::ranges::any_of(loans_,
                             [&](const auto& each) { return each.second.end == end && is_borne(each.second, seen); });
}

bool PipeLoans::is_borne(const Loan& loan, Ends& seen) const {
  if (loan.lender || !loan.task.id.is_nil() || !loan.receivers.empty()) return true;
  if (loan.values == 0 || !loan.reader) return loan.values > 0;
  const auto* pipe = dynamic_cast<const Pipe*>(host_.find(loan.reader->pipe));
  return pipe != nullptr && pipe->can_be_read(loan.reader->end, seen);
}

void PipeLoans::leave_task(std::int64_t ticket, Loan& loan, bool claimed) {
  if (loan.task.id.is_nil()) return;
  host_.loans().remove(loan.task, {pipe_, ticket},
                       claimed && !loan.in_result && host_.principals().is_unfinished(loan.task));
  loan.task = {};
}

std::optional<std::int64_t> PipeLoans::lend(std::size_t end, ClientHandle lender) {
  if (loans_.size() >= kMax) return std::nullopt;
  Loan& loan = loans_[++last_ticket_];
  loan.end = end;
  loan.lender = lender;
  loan.owner = host_.principals().owner_of(lender);
  host_.note_holding(lender, pipe_);
  return last_ticket_;
}

// Tickets rise, so that clients could guess them.
bool PipeLoans::may_claim(const Loan& loan, ClientHandle client) const {
  const LoanPrincipals& principals = host_.principals();
  const Owner* owner = principals.owner_of(client);
  if (loan.owner == owner || proto::mutant(proto::Mutant::loan_claimed_by_others)) return true;
  return std::ranges::any_of(loan.receivers, [&](ClientHandle one) { return principals.owner_of(one) == owner; }) ||
         principals.is_run_by(client, loan.task);
}

std::optional<std::size_t> PipeLoans::claim(std::int64_t ticket, ClientHandle client) {
  Loan* loan = find(ticket);
  if (loan == nullptr || !may_claim(*loan, client)) return std::nullopt;
  const std::size_t end = loan->end;
  leave_task(ticket, *loan, true);
  loans_.erase(ticket);
  return end;
}

void PipeLoans::place_in_task(std::int64_t ticket, const TaskId& task, bool in_result, ClientHandle client) {
  Loan* loan = lent_by_principal_of(client, ticket);
  if (loan == nullptr) return;
  const auto carrier = in_result ? host_.principals().run_by(client, task) : OwnedTask{task, loan->owner};
  if (!carrier) return;
  leave_task(ticket, *loan, false);
  if (!loan->lender) {  // the task may never come: then the loan ends with this client
    loan->lender = client;
    host_.note_holding(client, pipe_);
  }
  loan->task = *carrier;
  loan->in_result = in_result;
  host_.loans().place(*carrier, {pipe_, ticket});
}

void PipeLoans::take_back(std::int64_t ticket, ClientHandle client) {
  Loan* loan = find(ticket);
  if (loan == nullptr) return;
  std::erase(loan->receivers, client);
  if (loan->lender == client) {
    loan->lender = {};
    leave_task(ticket, *loan, false);
  }
  end_without_bearer(ticket);
}

bool PipeLoans::place_in_value(std::int64_t ticket, std::optional<End> reader, ClientHandle client) {
  Loan* loan = lent_by_principal_of(client, ticket);
  if (loan == nullptr) return false;
  loan->lender = {};
  ++loan->values;
  loan->reader = reader;
  return true;
}

void PipeLoans::value_gone(std::int64_t ticket) {
  Loan* loan = find(ticket);
  if (loan == nullptr) return;
  --loan->values;
  end_without_bearer(ticket);
}

void PipeLoans::received(std::int64_t ticket, ClientHandle client) {
  Loan* loan = find(ticket);
  if (loan == nullptr || std::ranges::find(loan->receivers, client) != loan->receivers.end()) return;
  loan->receivers.push_back(client);
  host_.note_holding(client, pipe_);
}

bool PipeLoans::task_gone(std::int64_t ticket, ClientHandle receiver) {
  Loan* loan = find(ticket);
  if (loan == nullptr) return false;
  if (proto::mutant(proto::Mutant::loan_outlives_its_task)) return false;
  loan->task = {};
  loan->lender = {};
  const bool goes_on = loan->in_result && receiver;
  if (goes_on) received(ticket, receiver);
  end_without_bearer(ticket);
  return goes_on;
}

void PipeLoans::end_all() {
  for (auto& [ticket, loan] : loans_) leave_task(ticket, loan, false);
  loans_.clear();
}

// A task that the client lent to, and that has arrived, keeps the loan.
bool PipeLoans::client_gone(ClientHandle client) {
  const std::size_t before = loans_.size();
  std::vector<std::int64_t> tickets;
  for (const auto& [ticket, loan] : loans_) tickets.push_back(ticket);
  for (const std::int64_t ticket : tickets) {
    Loan& loan = *find(ticket);
    std::erase(loan.receivers, client);
    if (loan.lender == client && !proto::mutant(proto::Mutant::loans_kept_by_the_gone)) {
      loan.lender = {};
      if (!loan.task.id.is_nil() && !host_.principals().is_unfinished(loan.task)) leave_task(ticket, loan, false);
    }
    end_without_bearer(ticket);
  }
  return loans_.size() < before;
}

}  // namespace forkmill::broker
