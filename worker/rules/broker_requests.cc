#include "worker/rules/broker_requests.h"

#include <algorithm>
#include <utility>

#include "proto/mutants.h"
#include "proto/seal/box.h"

namespace forkmill::worker {

BrokerRequests::BrokerRequests(PoolState& state, PoolAttempts& pool, ProcessAttempts& processes)
    : state_{state}, pool_{pool}, processes_{processes} {
  const auto& tasks = state_.config.tasks;
  for (std::uint32_t i = 0; i < tasks.size(); ++i) handlers_.emplace(tasks[i].name, i);
}

namespace {

void clamp_limits(proto::GrantedTask& task) {
  const auto clamped = [](proto::milliseconds limit) {
    return std::clamp(limit, proto::milliseconds{0}, proto::limits::kMaxDuration);
  };
  const proto::TaskOptions& options = task.spec->options;
  if (options.soft_timeout == clamped(options.soft_timeout) && options.timeout == clamped(options.timeout)) return;
  proto::TaskOptions& own = task.edit().options;
  own.soft_timeout = clamped(own.soft_timeout);
  own.timeout = clamped(own.timeout);
}

}  // namespace

void BrokerRequests::handle(proto::Instant now, proto::Grants&& grants) {
  for (auto& task : grants.tasks) add(now, std::move(task));
}

void BrokerRequests::add(proto::Instant now, proto::GrantedTask&& task) {
  if (state_.attempts.serial_of(task.grant) != 0) return;
  const auto handler = find_handler(task);
  if (!handler) return;
  std::unique_ptr<const proto::SealOrigin> seal;
  if (!open(task, seal)) return;
  const bool process = task.spec->options.process;
  const std::uint64_t serial = state_.attempts.add(now, std::move(task), *handler, std::move(seal));
  process ? processes_.add(now, serial) : pool_.add(serial);
}

std::optional<std::uint32_t> BrokerRequests::find_handler(proto::GrantedTask& task) {
  if (task.spec == last_spec_) return last_handler_;
  const auto handler = handlers_.find(task.spec->name);
  if (handler == handlers_.end()) {
    refuse(task, Errc::unknown_task, "this worker has no handler for " + task.spec->name);
    return std::nullopt;
  }
  if (task.spec->signature != 0 && task.spec->signature != state_.config.tasks[handler->second].hash) {
    refuse(task, Errc::signature_mismatch,
           task.spec->name + " was submitted with another signature than this worker's handler has");
    return std::nullopt;
  }
  clamp_limits(task);
  last_spec_ = task.spec;
  return last_handler_ = handler->second;
}

bool BrokerRequests::open(proto::GrantedTask& task, std::unique_ptr<const proto::SealOrigin>& origin) {
  const proto::TaskSeals* seals = state_.config.seals.get();
  if (seals == nullptr) {
    if (!proto::is_sealed(task.payload.view())) return true;
    refuse(task, Errc::seal_key_missing,
           "the arguments are " + proto::seal_text(task.payload.view()) + ", and this worker has no seal keys");
    return false;
  }
  auto opened = seals->open_arguments(*task.spec, task.payload);
  if (!opened.ok()) {
    refuse(task, opened.code(), opened.failure().text);
    return false;
  }
  task.payload = std::move(opened->arguments);
  if (opened->origin) origin = std::make_unique<const proto::SealOrigin>(*opened->origin);
  return true;
}

// Another worker may have the key that is missing here: the task is tried again, as often as its submitter allows.
void BrokerRequests::refuse(const proto::GrantedTask& task, Errc code, std::string message) {
  auto record = refusal_of(code, std::move(message));
  if (code == Errc::seal_key_missing) record.outcome.kind = proto::OutcomeKind::retry;
  state_.report(task.grant, std::move(record));
}

void BrokerRequests::handle(proto::Instant now, const proto::Revoke& revoke) {
  auto& answers = state_.outbox.revoke_answers;
  for (const auto& grant : revoke.grants) answers.push_back({grant, answer_to_revoke(now, grant, true)});
  for (const auto& grant : revoke.unless_started) answers.push_back({grant, answer_to_revoke(now, grant, false)});
}

proto::RevokeState BrokerRequests::answer_to_revoke(proto::Instant now, const proto::Grant& grant, bool stop) {
  const std::uint64_t serial = state_.attempts.serial_of(grant);
  if (serial == 0) return proto::RevokeState::unknown;
  if (proto::mutant(proto::Mutant::revoked_and_kept) || revoke(now, serial)) return proto::RevokeState::returned;
  if (!stop) return proto::RevokeState::started;
  Attempt& attempt = state_.attempts.at(serial);
  attempt.escalation.request(EndReason::cancelled, now, grace_of(state_, attempt));
  return proto::RevokeState::stopping;
}

void BrokerRequests::abandon(proto::Instant now, const std::vector<proto::Grant>& grants) {
  for (const auto& grant : grants) {
    const std::uint64_t serial = state_.attempts.serial_of(grant);
    if (serial == 0 || revoke(now, serial)) continue;
    Attempt& attempt = state_.attempts.at(serial);
    attempt.escalation.request(EndReason::abandoned, now, grace_of(state_, attempt));
    (void)state_.progress.extract(serial);
    state_.logs.discard(serial);
    state_.attempts.disown(grant);
  }
}

bool BrokerRequests::revoke(proto::Instant now, std::uint64_t serial) {
  const bool process = state_.attempts.at(serial).task.spec->options.process;
  if (!(process ? processes_.revoke(serial) : pool_.revoke(now, serial))) return false;
  state_.logs.discard(serial);
  state_.remove(serial);
  return true;
}

void BrokerRequests::handle(const proto::Signals& signals) {
  for (const auto& note : signals.notes) {
    const std::uint64_t serial = state_.attempts.serial_of(note.grant);
    if (serial != 0 && state_.attempts.at(serial).task.spec->options.process) processes_.signal(serial, note.signal);
  }
}

}  // namespace forkmill::worker
