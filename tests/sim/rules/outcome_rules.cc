#include "tests/sim/rules/outcome_rules.h"

namespace forkmill::sim {

using proto::OutcomeKind;

namespace {

Errc code_of(const proto::Outcome& outcome) { return outcome.error ? outcome.error->code : Errc::unknown; }

[[noreturn]] void refuse(const FutureRecord& future, const proto::Outcome& outcome, const std::string& why) {
  violated("3", future.id,
           "ended with kind " + std::to_string(static_cast<int>(outcome.kind)) + ", " +
               std::string{errc_name(code_of(outcome))} + ": " + why);
}

void check_success(const TaskRecord& record, const FutureRecord& future, const proto::Outcome& outcome) {
  const TaskId& id = future.id;
  const std::string value{outcome.value.view().substr(0, outcome.value.view().find(';'))};
  if (!record.successes.contains(value)) violated("4", id, "succeeded with '" + value + "', which no attempt returned");
  if (!future.attach && !value.starts_with(future.body + " "))
    violated("8", id, "its result is that of another task under the same key");
  const std::string attempt = std::to_string(outcome.attempt.value());
  if (!value.ends_with("-" + attempt))
    violated("4", id, "the result '" + value + "' is reported as that of attempt " + attempt);
}

// Whether the broker may have forgotten the task by now. Under a key, another client may have submitted it again since.
bool may_be_gone(TaskRecords& records, const TaskRecord& record, const FutureRecord& future) {
  if (const Model* model = records.model()) return model->is_mortal(future.id) || model->may_be_gone(future.id);
  return !records.survives_restart(record) && future.acknowledged_by != records.broker();
}

void check_rejection(TaskRecords& records, const TaskRecord& record, const FutureRecord& future,
                     const proto::Outcome& outcome, bool known_before) {
  const Options& options = records.options();
  const Errc code = code_of(outcome);
  if (code == Errc::queue_full && options.reject_when_full && !known_before) return;
  if (code == Errc::disk_full && options.reject_when_full && options.disk.crowds > 0 && !known_before) return;
  if (code == Errc::memory_full && options.reject_when_full && options.faults.no_memory > 0 && !known_before) return;
  const bool too_large = record.task.payload.size() > options.core.queue.max_bytes;
  if (code == Errc::payload_too_large && too_large && !known_before) return;
  if (code == Errc::duplicate_task && !future.attach && record.bodies.size() > 1) return;
  if (code != Errc::task_unknown) refuse(future, outcome, "there is no reason to reject it");
  if (future.attach) return;  // checked when the broker says so
  if (!known_before) refuse(future, outcome, "it was never acknowledged");
  if (!may_be_gone(records, record, future)) violated("1", future.id, "was acknowledged, but the broker forgot it");
  ++records.counts.lost;
}

void check_failure(TaskRecords& records, const TaskRecord& record, const FutureRecord& future,
                   const proto::Outcome& outcome, bool known_before) {
  const auto& options = record.task.spec->options;
  switch (outcome.kind) {
    case OutcomeKind::rejected:
      return check_rejection(records, record, future, outcome, known_before);
    case OutcomeKind::expired:
      if (options.expires.count() == 0) refuse(future, outcome, "it has no deadline");
      return;
    case OutcomeKind::timed_out:
      if (options.timeout.count() == 0) refuse(future, outcome, "it has no time limit");
      return;
    case OutcomeKind::cancelled:
      if (!record.cancel_asked && !options.daemon) refuse(future, outcome, "no client cancelled it");
      return;
    case OutcomeKind::failed:
      if (code_of(outcome) == Errc::handler_error && !record.throws.contains(outcome.attempt))
        violated("4", future.id,
                 "failed in attempt " + std::to_string(outcome.attempt.value()) + ", whose handler did not throw");
      return;
    case OutcomeKind::retry:
      refuse(future, outcome, "a retry is not an end");
    default:
      return;
  }
}

}  // namespace

void check_outcome(TaskRecords& records, const FutureRecord& future, const proto::Outcome& outcome, bool known_before) {
  const TaskRecord& record = records.at(future.id);
  if (outcome.kind == OutcomeKind::succeeded)
    check_success(record, future, outcome);
  else
    check_failure(records, record, future, outcome, known_before);
}

}  // namespace forkmill::sim
