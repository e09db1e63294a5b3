#include "broker/core/objects/base/loans.h"

#include <memory>

#include "proto/limits.h"

namespace forkmill::broker {

struct Loans::Freight {
  Freight(Loans& of, proto::Payload payload, std::vector<LoanRef> aboard)
      : all{of}, value{std::move(payload)}, loans{std::move(aboard)} {
    all.freights_.emplace(this, this);
  }
  ~Freight() {
    all.freights_.erase(this);
    all.gone_.insert(all.gone_.end(), loans.begin(), loans.end());
  }
  Freight(const Freight&) = delete;
  Freight& operator=(const Freight&) = delete;

  void add_all_to(std::vector<LoanRef>& to) const {
    to.insert(to.end(), loans.begin(), loans.end());
    for (const proto::Payload& part : parts)
      if (const Freight* freight = all.freight_of(part)) freight->add_all_to(to);
  }

  Loans& all;
  const proto::Payload value;
  const std::vector<LoanRef> loans;
  std::vector<proto::Payload> parts;  // values of which this one was made, for their loans
};

const Loans::Freight* Loans::freight_of(const proto::Payload& value) const {
  const auto found = freights_.empty() ? freights_.end() : freights_.find(value.owner().get());
  return found == freights_.end() ? nullptr : found->second;
}

void Loans::remove(const OwnedTask& task, LoanRef loan, bool claimed) {
  const auto found = tasks_.find(task);
  if (found == tasks_.end()) return;
  std::erase(found->second.loans, loan);
  found->second.claimed = found->second.claimed || claimed;
  if (found->second.loans.empty() && !found->second.claimed) tasks_.erase(found);
}

bool Loans::was_claimed(const OwnedTask& task) const {
  const auto found = tasks_.find(task);
  return found != tasks_.end() && found->second.claimed;
}

std::vector<LoanRef> Loans::remove_task(const OwnedTask& task) {
  auto removed = tasks_.extract(task);
  return removed ? std::move(removed.mapped().loans) : std::vector<LoanRef>{};
}

void Loans::add_in_result(const TaskId& task, std::size_t value, std::vector<proto::LoanInValue>& to) const {
  const auto found = results_.find(task);
  if (found == results_.end()) return;
  for (const LoanRef& loan : found->second) {
    if (to.size() == proto::limits::kMaxRecords) return;
    to.push_back({loan.pipe.value(), loan.ticket, value});
  }
}

proto::Payload Loans::attach(proto::Payload value, std::vector<LoanRef> loans) {
  auto freight = std::make_shared<const Freight>(*this, std::move(value), std::move(loans));
  const auto bytes = freight->value.view();
  return proto::Payload::share(std::move(freight), bytes);
}

std::vector<LoanRef> Loans::detach(proto::Payload& value) {
  std::vector<LoanRef> loans;
  if (const Freight* freight = freight_of(value)) {
    freight->add_all_to(loans);
    value = proto::Payload{freight->value};
  }
  return loans;
}

proto::Payload Loans::join(proto::Payload whole, const proto::Payload& first, const proto::Payload& second) {
  if (freight_of(first) == nullptr && freight_of(second) == nullptr) return whole;
  auto freight = std::make_shared<Freight>(*this, std::move(whole), std::vector<LoanRef>{});
  freight->parts = {first, second};
  const auto bytes = freight->value.view();
  return proto::Payload::share(std::move(freight), bytes);
}

}  // namespace forkmill::broker
