#include "worker/rules/pool_state.h"

#include <algorithm>
#include <csignal>
#include <iterator>

#include "worker/rules/session/shard_sessions.h"

namespace forkmill::worker {

void PoolState::report(const Attempt& attempt, proto::OutcomeRecord&& record) {
  if (attempt.escalation.abandoned()) return;
  record.logs_follow = logs.follow(attempt.serial);
  if (attempt.seal) config.seals->seal_outcome(*attempt.seal, record.outcome);
  report(attempt.task.grant, std::move(record));
}

void PoolState::report(const proto::Grant& grant, proto::OutcomeRecord&& record) {
  record.grant = grant;
  record.outcome.attempt = grant.attempt;
  record.outcome.worker = config.name;
  outbox.outcomes.push(std::move(record));
}

std::optional<AttemptLogs::Attempt> PoolState::logged(std::uint64_t serial) const {
  const Attempt* attempt = attempts.find(serial);
  if (attempt == nullptr || attempt->escalation.abandoned() || attempt->seal) return std::nullopt;
  return AttemptLogs::Attempt{attempt->task.grant, &attempt->task.spec->queue};
}

void PoolState::remove(std::uint64_t serial) {
  (void)progress.extract(serial);
  attempts.remove(serial);
}

void PoolState::hand_back(std::uint64_t serial) {
  const Attempt& attempt = attempts.at(serial);
  if (!attempt.escalation.abandoned()) outbox.returns.push_back(attempt.task.grant);
  logs.discard(serial);
  remove(serial);
}

void PoolState::hand_back_for_want(proto::Instant now, std::uint64_t serial, std::string_view reason) {
  if (shortage.note(now, std::string{reason})) effects.shortage = reason;
  hand_back(serial);
}

void PoolState::assign(ChildKey child, std::uint64_t serial, const Attempt& attempt) {
  const proto::GrantedTask& task = attempt.task;
  Assignment& assignment = effects.assignments.emplace_back();
  assignment.child = child;
  TaskHead& head = assignment.head;
  head.serial = serial;
  head.epoch = task.grant.epoch.value();
  head.seq = without_shard(task.grant).seq.value();
  head.attempt = task.grant.attempt.value();
  head.handler = attempt.handler;
  std::copy(task.id.bytes().begin(), task.id.bytes().end(), std::begin(head.id));
}

bool PoolState::cancel_assignment(std::uint64_t serial) {
  return std::erase_if(effects.assignments, [&](const Assignment& one) { return one.head.serial == serial; }) != 0;
}

void PoolState::forget(ChildKey child) {
  std::erase_if(effects.assignments, [&](const Assignment& one) { return one.child == child; });
  std::erase_if(effects.stops, [&](const StopRequest& one) { return one.child == child; });
}

void PoolState::carry_out(const StopEscalation::Steps& steps, ChildKey child, std::uint64_t serial) {
  if (steps.stop) effects.stops.push_back({child, serial});
  if (steps.terminate) effects.signals.push_back({child, SIGTERM, true});
  if (steps.kill) effects.signals.push_back({child, SIGKILL, true});
}

}  // namespace forkmill::worker
