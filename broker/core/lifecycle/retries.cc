#include "broker/core/lifecycle/retries.h"

#include <algorithm>

#include "proto/mutants.h"
#include "proto/random.h"

namespace forkmill::broker {

using proto::Mutant;
using proto::mutant;
using proto::OutcomeKind;

namespace {

// The backoff is exponential. Its jitter is a function of task and attempt, so that it is spread between tasks but
// equal in every run of a simulation.
Instant backoff_of(const Task& task) {
  const proto::Backoff& backoff = task.options().backoff;
  const auto doublings = std::min<std::uint32_t>(task.attempts.value() - 1, 40);
  const double wanted =
      static_cast<double>(backoff.initial.count()) * static_cast<double>(std::uint64_t{1} << doublings);
  const double base = std::min(wanted, static_cast<double>(backoff.most.count())) * 1000;
  const std::uint64_t mixed = proto::mix64(task.seq.value() ^ (std::uint64_t{task.attempts.value()} << 48));
  const double unit = static_cast<double>(mixed >> 11) / 9007199254740992.0;  // [0, 1)
  const double swing = base * backoff.jitter_percent / 100.0;
  return Instant{static_cast<std::int64_t>(std::max(0.0, base - swing + 2 * swing * unit))};
}

}  // namespace

bool may_retry(const Task& task, const proto::Outcome& outcome, bool claimed_end) {
  const std::uint32_t most = task.options().max_attempts + (mutant(Mutant::attempt_too_many) ? 1 : 0);
  if (task.options().at_most_once || task.attempts.value() >= most) return false;
  // A further attempt would fail for another reason than this one, and hide it.
  if (claimed_end && !mutant(Mutant::tried_without_its_end)) return false;
  switch (outcome.kind) {
    case OutcomeKind::retry:
    case OutcomeKind::lost:
    case OutcomeKind::timed_out:
    case OutcomeKind::cancelled:
      return true;  // cancelled, but not on request: the worker gave the task up
    case OutcomeKind::failed:
      return task.options().retry_errors && outcome.error->code == Errc::handler_error;
    default:
      return false;
  }
}

Instant retry_wait(const Task& task, OutcomeKind ended_with, milliseconds asked) {
  if (ended_with == OutcomeKind::lost) return Instant{0};
  if (ended_with == OutcomeKind::retry && asked.count() >= 0)
    return Instant{std::min(asked, proto::limits::kMaxDuration)};
  return backoff_of(task);
}

}  // namespace forkmill::broker
