#include "worker/rules/attempt_table.h"

#include "proto/check.h"

namespace forkmill::worker {

std::uint64_t AttemptTable::add(proto::Instant now, proto::GrantedTask&& task, std::uint32_t handler) {
  const std::uint64_t serial = ++last_serial_;
  by_grant_.emplace(task.grant, serial);
  by_serial_.try_emplace(serial, std::move(task), handler, now);
  return serial;
}

Attempt* AttemptTable::find(std::uint64_t serial) {
  const auto found = by_serial_.find(serial);
  return found == by_serial_.end() ? nullptr : &found->second;
}

const Attempt* AttemptTable::find(std::uint64_t serial) const {
  const auto found = by_serial_.find(serial);
  return found == by_serial_.end() ? nullptr : &found->second;
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
  const auto found = by_grant_.find(grant);
  return found == by_grant_.end() ? 0 : found->second;
}

void AttemptTable::remove(std::uint64_t serial) {
  const auto found = by_serial_.find(serial);
  if (found == by_serial_.end()) return;
  // An abandoned attempt has lost its grant; another attempt may have the same one by now.
  const auto named = by_grant_.find(found->second.task.grant);
  if (named != by_grant_.end() && named->second == serial) by_grant_.erase(named);
  by_serial_.erase(found);
}

void AttemptTable::clear() {
  by_serial_.clear();
  by_grant_.clear();
}

std::vector<proto::Grant> AttemptTable::grants() const {
  std::vector<proto::Grant> grants;
  for (const auto& [serial, attempt] : by_serial_) {
    if (!attempt.escalation.abandoned()) grants.push_back(attempt.task.grant);
  }
  return grants;
}

}  // namespace forkmill::worker
