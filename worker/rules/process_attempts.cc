#include "worker/rules/process_attempts.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "proto/pool_tasks.h"

namespace forkmill::worker {

ProcessAttempts::ProcessAttempts(PoolState& state, Rings& rings)
    : state_{state}, rings_{rings}, slots_{state.config.slots} {}

void ProcessAttempts::add(proto::Instant now, std::uint64_t serial) {
  if (state_.draining || state_.shortage.lasts(now) || size() >= state_.config.max_processes)
    return state_.hand_back(serial);
  Attempt& attempt = state_.attempts.at(serial);
  const std::uint32_t slot = slots_.allocate(serial);
  attempt.slot = slot;
  state_.effects.forks.push_back({slot, attempt.task.parent, attempt.task.spec->options.daemon,
                                  attempt.task.spec->options.label, attempt.task.spec->name == proto::kPoolTask});
}

bool ProcessAttempts::revoke(std::uint64_t serial) {
  ProcessPlace& place = *slots_.find(*state_.attempts.at(serial).slot);
  if (place.child) {
    if (place.outcome || place.short_of) return false;
    if (!state_.cancel_assignment(serial) && !rings_.revoke(*place.child, serial)) return false;
    state_.effects.signals.push_back({*place.child, SIGKILL, true});
  }
  place.serial = 0;
  return true;
}

void ProcessAttempts::signal(std::uint64_t serial, int signal) {
  ProcessPlace& place = *slots_.find(*state_.attempts.at(serial).slot);
  if (place.child)
    state_.effects.signals.push_back({*place.child, signal, false});
  else
    place.signals.push_back(signal);
}

// ---- Children -------------------------------------------------------------------------------------------------------

void ProcessAttempts::spawned(ChildKey child, std::uint32_t pid) {
  ProcessPlace* place = slots_.find(child.slot);
  if (place == nullptr) return;
  place->child = child;
  place->pid = pid;
  if (place->serial == 0) return state_.effects.signals.push_back({child, SIGKILL, true});
  state_.assign(child, place->serial, state_.attempts.at(place->serial));
  for (const int signal : std::exchange(place->signals, {})) state_.effects.signals.push_back({child, signal, false});
}

void ProcessAttempts::born(proto::Instant now, ChildKey child) {
  ProcessPlace* place = slots_.find(child);
  if (place == nullptr || place->serial == 0) return;
  place->born = true;
  Attempt& attempt = state_.attempts.at(place->serial);
  attempt.escalation.begin(now, attempt.task.spec->options.soft_timeout, attempt.task.spec->options.timeout);
  tell_started(*place);
}

void ProcessAttempts::tell_all_started() const {
  slots_.for_each([this](const ProcessPlace& place) { tell_started(place); });
}

void ProcessAttempts::tell_started(const ProcessPlace& place) const {
  const Attempt& attempt = state_.attempts.at(place.serial);
  if (!place.born || attempt.escalation.abandoned()) return;
  state_.outbox.started.push_back({attempt.task.id, attempt.task.grant, place.pid, state_.config.host});
}

void ProcessAttempts::handle(ChildKey child, const ChildResult& result) {
  ProcessPlace* place = slots_.find(child);
  if (place == nullptr || place->serial != result.serial) return;
  if (auto note = state_.progress.extract(result.serial)) state_.outbox.progress.push_back(std::move(*note));
  if (result.verdict == Verdict::shortage)
    place->short_of = result.message;
  else
    place->outcome = outcome_of(state_.attempts.at(result.serial), result);
}

void ProcessAttempts::handle(proto::Instant now, const ChildDeath& death) {
  ProcessPlace* found = slots_.find(death.facts.child.slot);
  if (found == nullptr) return;
  ProcessPlace place = std::exchange(*found, {});
  if (place.serial == 0) return;
  // The child could not be forked, or not be connected with the link.
  if (!place.child) return state_.hand_back_for_want(now, place.serial, death.output);
  const Attempt& attempt = state_.attempts.at(place.serial);
  if (place.short_of) return state_.hand_back_for_want(now, place.serial, *place.short_of);
  state_.shortage.overcome(now);
  if (!place.outcome) {
    state_.report(attempt, outcome_of(attempt, death));
  } else {
    if (place.outcome->outcome.error) place.outcome->outcome.error->forensics = forensics_of(death);
    state_.report(attempt, std::move(*place.outcome));
  }
  state_.remove(place.serial);
}

// ---- Ending ---------------------------------------------------------------------------------------------------------

void ProcessAttempts::tick(proto::Instant now) {
  slots_.for_each([&](const ProcessPlace& place) {
    Attempt& attempt = state_.attempts.at(place.serial);
    if (!place.child || now < attempt.escalation.next_wakeup()) return;
    // A signal cannot meet another attempt here: the child runs this one alone.
    const auto condemn = [] { return true; };
    state_.carry_out(attempt.escalation.tick(now, state_.config.kill_grace, condemn), *place.child, place.serial);
  });
}

void ProcessAttempts::stop() {
  slots_.for_each([this](ProcessPlace& place) {
    if (!place.outcome) return;
    state_.report(state_.attempts.at(place.serial), std::move(*place.outcome));
    state_.remove(place.serial);
  });
  slots_.clear();
}

proto::Instant ProcessAttempts::next_wakeup() const {
  proto::Instant next = proto::kNever;
  slots_.for_each([&](const ProcessPlace& place) {
    if (place.child) next = std::min(next, state_.attempts.at(place.serial).escalation.next_wakeup());
  });
  return next;
}

}  // namespace forkmill::worker
