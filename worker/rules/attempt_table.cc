#include "worker/rules/attempt_table.h"

#include "proto/check.h"

namespace forkmill::worker {

std::uint64_t AttemptTable::add(proto::Instant now, proto::GrantedTask&& task, std::uint32_t handler,
                                std::unique_ptr<const proto::SealOrigin> seal) {
  const std::uint64_t serial = ++last_serial_;
  const auto seq = task.grant.seq.value();
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(attempts_.size()));
    attempts_.push_back(std::make_unique<std::optional<Attempt>>());
  }
  const auto index = free_.back();
  attempts_[index]->emplace(serial, std::move(task), handler, now, std::move(seal));
  free_.pop_back();
  by_serial_.add(serial, index);
  by_seq_.add(seq, index);
  return serial;
}

std::uint32_t AttemptTable::index_of(std::uint64_t serial) const {
  return by_serial_.find(serial, [](std::uint32_t) { return true; });
}

std::uint32_t AttemptTable::index_of(const proto::Grant& grant) const {
  return by_seq_.find(grant.seq.value(), [&](std::uint32_t index) { return (*attempts_[index])->task.grant == grant; });
}

Attempt* AttemptTable::find(std::uint64_t serial) {
  const auto index = index_of(serial);
  return index == NumberIndex::kNone ? nullptr : &**attempts_[index];
}

const Attempt* AttemptTable::find(std::uint64_t serial) const {
  const auto index = index_of(serial);
  return index == NumberIndex::kNone ? nullptr : &**attempts_[index];
}

Attempt& AttemptTable::at(std::uint64_t serial) {
  Attempt* attempt = find(serial);
  FORKMILL_CHECK(attempt != nullptr);
  return *attempt;
}

const Attempt& AttemptTable::at(std::uint64_t serial) const {
  const Attempt* attempt = find(serial);
  FORKMILL_CHECK(attempt != nullptr);
  return *attempt;
}

std::uint64_t AttemptTable::serial_of(const proto::Grant& grant) const {
  const auto index = index_of(grant);
  return index == NumberIndex::kNone ? 0 : (*attempts_[index])->serial;
}

void AttemptTable::disown(const proto::Grant& grant) {
  const auto index = index_of(grant);
  if (index != NumberIndex::kNone) by_seq_.remove(grant.seq.value(), index);
}

void AttemptTable::remove(std::uint64_t serial) {
  const auto index = by_serial_.extract(serial);
  if (index == NumberIndex::kNone) return;
  by_seq_.remove((*attempts_[index])->task.grant.seq.value(), index);  // unless it was disowned
  attempts_[index]->reset();
  free_.push_back(index);
}

void AttemptTable::clear() {
  by_serial_.clear();
  by_seq_.clear();
  attempts_.clear();
  free_.clear();
}

std::vector<proto::Grant> AttemptTable::grants() const {
  std::vector<proto::Grant> grants;
  for (const auto& attempt : attempts_) {
    if (*attempt && !(*attempt)->escalation.abandoned()) grants.push_back((*attempt)->task.grant);
  }
  return grants;
}

}  // namespace forkmill::worker
