#include "worker/rules/pool_attempts.h"

#include <algorithm>
#include <csignal>

#include "proto/buggify.h"

namespace forkmill::worker {

namespace {

// An attempt that waits here this long goes back to the broker: another worker might be free.
constexpr proto::Instant kLongestWait = std::chrono::milliseconds{50};

// The attempt is the front of its child's line now: its time limits count.
void begin_limits(proto::Instant now, Attempt& attempt) {
  attempt.escalation.begin(now, attempt.task.spec->options.soft_timeout, attempt.task.spec->options.timeout);
}

}  // namespace

PoolAttempts::PoolAttempts(PoolState& state, Rings& rings)
    : state_{state},
      rings_{rings},
      estimates_{state.config.tasks.size()},
      lines_{state.config.children_at_start(), state.config.max_tasks_per_child} {}

bool PoolAttempts::revoke(proto::Instant now, std::uint64_t serial) {
  Attempt& attempt = state_.attempts.at(serial);
  if (attempt.slot) return revoke_from_line(now, serial, attempt);
  std::erase(waiting_, serial);
  return true;
}

bool PoolAttempts::revoke_from_line(proto::Instant now, std::uint64_t serial, Attempt& attempt) {
  const auto child = lines_.key(*attempt.slot);
  if (!child) return false;
  if (!state_.cancel_assignment(serial) && !rings_.revoke(*child, serial)) return false;
  const std::uint32_t slot = *attempt.slot;
  const bool was_front = lines_.front(slot) == serial;
  lines_.revoke(now, slot, serial);
  attempt.slot.reset();
  if (was_front) begin_front(now, slot);
  return true;
}

// ---- Children -------------------------------------------------------------------------------------------------------

void PoolAttempts::handle(proto::Instant now, ChildKey child, const ChildResult& result) {
  if (result.leaving != Leaving::no) {
    lines_.close(child.slot);
    call_back(now, child.slot);
  }
  const Attempt* attempt = state_.attempts.find(result.serial);
  if (attempt == nullptr) return;
  lines_.finish(now, child.slot, result.serial);
  begin_front(now, child.slot);
  if (result.verdict == Verdict::shortage) return state_.hand_back_for_want(now, result.serial, result.message);
  state_.shortage.overcome(now);
  estimates_.add(attempt->handler, result.run_us, attempt->task.payload.size());
  if (auto note = state_.progress.extract(result.serial)) state_.outbox.progress.push_back(std::move(*note));
  state_.report(*attempt, outcome_of(*attempt, result));
  state_.remove(result.serial);
}

void PoolAttempts::handle(const ChildDeath& death) {
  const auto line = lines_.remove_child(death.facts.child);
  for (auto serial = line.rbegin(); serial != line.rend(); ++serial) {
    Attempt& attempt = state_.attempts.at(*serial);
    attempt.slot.reset();
    if (std::find(death.started.begin(), death.started.end(), *serial) == death.started.end()) {
      waiting_.push_front(*serial);
    } else {
      state_.report(attempt, outcome_of(attempt, death));
      state_.remove(*serial);
    }
  }
}

void PoolAttempts::scale(proto::Instant now, std::size_t children) {
  lines_.set_limit(children);
  for (auto slot = static_cast<std::uint32_t>(children); slot < lines_.slots(); ++slot) call_back(now, slot);
}

// ---- Lines ----------------------------------------------------------------------------------------------------------

void PoolAttempts::tick(proto::Instant now) {
  ticked_at_ = now;
  for (const auto slot : lines_.overdue(now)) call_back(now, slot);
  if (state_.draining || state_.shortage.lasts(now))
    hand_back_all(now);
  else
    assign_waiting(now);
  hand_back_stale(now);
  end_due(now);
  for (const ChildKey child : lines_.dismiss_surplus()) state_.effects.signals.push_back({child, SIGKILL, true});
}

void PoolAttempts::assign_waiting(proto::Instant now) {
  while (!waiting_.empty()) {
    const std::uint64_t serial = waiting_.front();
    Attempt& attempt = state_.attempts.at(serial);
    const auto estimate = estimates_.run_us(attempt.handler);
    const auto slot = lines_.choose(now, estimate);
    if (!slot) return;
    waiting_.pop_front();
    attempt.slot = slot;
    lines_.append(now, *slot, serial, estimate);
    if (lines_.front(*slot) == serial) begin_limits(now, attempt);
    state_.assign(*lines_.key(*slot), serial, attempt);
  }
}

void PoolAttempts::begin_front(proto::Instant now, std::uint32_t slot) {
  if (const auto serial = lines_.front(slot)) begin_limits(now, state_.attempts.at(*serial));
}

void PoolAttempts::call_back(proto::Instant now, std::uint32_t slot) {
  const auto behind = lines_.behind_front(slot);
  // From the end, because the child goes on from the front meanwhile: once one is started, so are those before it.
  for (auto serial = behind.rbegin(); serial != behind.rend(); ++serial) {
    if (!revoke_from_line(now, *serial, state_.attempts.at(*serial))) return;
    waiting_.push_front(*serial);
  }
}

void PoolAttempts::hand_back_stale(proto::Instant now) {
  while (!waiting_.empty()) {
    const std::uint64_t serial = waiting_.front();
    const auto due = state_.attempts.at(serial).granted_at + kLongestWait;
    if (now < due && !proto::buggify(proto::Path::handed_back)) return;
    waiting_.pop_front();
    state_.hand_back(serial);
  }
}

void PoolAttempts::hand_back_all(proto::Instant now) {
  for (std::uint32_t slot = 0; slot < lines_.slots(); ++slot) call_back(now, slot);
  for (const std::uint64_t serial : waiting_) state_.hand_back(serial);
  waiting_.clear();
}

void PoolAttempts::end_due(proto::Instant now) {
  for (std::uint32_t slot = 0; slot < lines_.slots(); ++slot) {
    const auto serial = lines_.front(slot);
    if (!serial) continue;
    Attempt& attempt = state_.attempts.at(*serial);
    if (now < attempt.escalation.next_wakeup()) continue;
    const ChildKey child = *lines_.key(slot);
    const auto condemn = [&] { return rings_.condemn(child, *serial); };
    state_.carry_out(attempt.escalation.tick(now, state_.config.kill_grace, condemn), child, *serial);
    if (!attempt.escalation.condemned()) continue;
    lines_.close(slot);
    call_back(now, slot);
  }
}

void PoolAttempts::stop(proto::Instant now) {
  hand_back_all(now);
  for (std::uint32_t slot = 0; slot < lines_.slots(); ++slot) {
    if (const auto child = lines_.key(slot)) lines_.remove_child(*child);
  }
}

proto::Instant PoolAttempts::next_wakeup() const {
  proto::Instant next = lines_.next_overdue();
  if (estimates_.ahead() != 0) next = std::min(next, lines_.next_late(ticked_at_));
  if (!waiting_.empty()) next = std::min(next, state_.attempts.at(waiting_.front()).granted_at + kLongestWait);
  for (std::uint32_t slot = 0; slot < lines_.slots(); ++slot) {
    if (const auto serial = lines_.front(slot)) {
      next = std::min(next, state_.attempts.at(*serial).escalation.next_wakeup());
    }
  }
  return next;
}

}  // namespace forkmill::worker
