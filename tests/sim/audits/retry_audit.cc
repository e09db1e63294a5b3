#include "tests/sim/audits/retry_audit.h"

#include <algorithm>
#include <utility>

#include "tests/sim/audits/require.h"

namespace forkmill::sim {

using proto::OutcomeKind;

namespace {

bool has_another(const broker::Task& task, const proto::Outcome& outcome) {
  const proto::TaskOptions& options = task.options();
  if (options.at_most_once || task.attempts.value() >= options.max_attempts) return false;
  if (outcome.kind != OutcomeKind::failed) return true;
  return options.retry_errors && outcome.error && outcome.error->code == Errc::handler_error;
}

// The shortest wait before the next attempt: none after a loss; else the delay that the handler asked for, or the
// shortest that the task's backoff allows.
Instant shortest_wait(const broker::Task& task, const proto::OutcomeRecord& record) {
  if (record.outcome.kind == OutcomeKind::lost) return Instant{0};
  if (record.outcome.kind == OutcomeKind::retry && record.retry_delay.count() >= 0)
    return Instant{std::min(record.retry_delay, proto::limits::kMaxDuration)};
  const proto::Backoff& backoff = task.options().backoff;
  auto wait = static_cast<double>(Instant{backoff.initial}.count());
  const auto most = static_cast<double>(Instant{backoff.most}.count());
  for (std::uint32_t n = 1; n < task.attempts.value() && wait < most; ++n) wait *= 2;
  return Instant{static_cast<std::int64_t>(std::min(wait, most) * (1 - backoff.jitter_percent / 100.0))};
}

[[noreturn]] void violated(const TaskId& id, const std::string& text) {
  throw Violation{"invariant 10: task " + brief(id) + ": " + text};
}

}  // namespace

// Stored times are in milliseconds of the wall clock as it was at the broker's start.
void RetryAudit::begin(proto::CommitSeq last, milliseconds skew) {
  constexpr milliseconds kRounded{2};
  const Instant shift{std::exchange(skew_, skew) - skew - kRounded};
  ended_.clear();
  std::erase_if(due_, [&](const auto& one) { return !one.second.commit || one.second.commit > last; });
  for (auto& [id, due] : due_) due.at += shift;
}

void RetryAudit::arrived(const broker::Core& core, proto::PeerId peer, const proto::Envelope& envelope) {
  const auto* message = std::get_if<proto::Outcomes>(&envelope.message);
  if (message == nullptr) return;
  const broker::Worker* worker = worker_at(core.state(), peer);
  if (worker == nullptr || worker->session.id != envelope.header.session) return;
  for (const proto::OutcomeRecord& record : message->outcomes) {
    const broker::Task* held = worker->holding.find(record.grant.seq);
    if (held != nullptr && held->grant() == record.grant) note(core, *held, record);
  }
}

// A task that has claimed an end of a pipe would not get it a second time.
void RetryAudit::note(const broker::Core& core, const broker::Task& task, const proto::OutcomeRecord& record) {
  const bool first = std::none_of(ended_.begin(), ended_.end(), [&](const Ended& one) { return one.id == task.id; });
  if (!first || record.outcome.kind == OutcomeKind::succeeded || task.cancelling.requested) return;
  // The worker gave the attempt up or did not start it: no rule says how the task goes on.
  if (record.outcome.kind == OutcomeKind::cancelled) return;
  const bool again =
      has_another(task, record.outcome) && !core.objects().loans().was_claimed(broker::OwnedTask::of(task));
  ended_.push_back({task.id, task.attempts, again});
  if (again) due_[task.id] = {task.attempts.next(), world_.now() + shortest_wait(task, record), {}};
}

void RetryAudit::round(const broker::BrokerState& state, const std::vector<broker::Send>& sends,
                       proto::CommitSeq commit) {
  for (const Ended& one : std::exchange(ended_, {})) {
    const broker::Task* task = state.tasks.find(one.id);
    if (task == nullptr) continue;
    if (const auto due = due_.find(one.id); due != due_.end() && task->durable) due->second.commit = commit;
    const std::string attempt = "attempt " + std::to_string(one.attempt.value());
    if (one.again && task->state == broker::State::failed && task->attempts == one.attempt)
      violated(one.id, attempt + " of " + std::to_string(task->options().max_attempts) + " was its last");
    if (!one.again && !broker::is_terminal(task->state)) violated(one.id, attempt + " was not its last");
  }
  for (const broker::Send& send : sends) {
    const auto* grants = std::get_if<proto::Grants>(&send.envelope.message);
    if (grants == nullptr) continue;
    for (const proto::GrantedTask& granted : grants->tasks) {
      const auto due = due_.find(granted.id);
      if (due == due_.end()) continue;
      if (due->second.attempt == granted.grant.attempt && world_.now() < due->second.at)
        violated(granted.id,
                 "was tried again " + std::to_string((due->second.at - world_.now()).count()) + " us before its time");
      due_.erase(due);
    }
  }
}

}  // namespace forkmill::sim
