#include "tests/sim/history.h"

#include "proto/codec.h"

namespace forkmill::sim {

using proto::OutcomeKind;
using proto::to_string;

Counts& Counts::operator+=(const Counts& other) {
  submitted += other.submitted;
  acknowledged += other.acknowledged;
  succeeded += other.succeeded;
  failed += other.failed;
  unknown += other.unknown;
  lost += other.lost;
  executions += other.executions;
  repeated += other.repeated;
  return *this;
}

void History::violated(const std::string& rule, const TaskId& id, const std::string& text) const {
  throw Violation{"invariant " + rule + ": task " + brief(id) + ": " + text};
}

bool History::survives_restart(const Record& record) const {
  return world_.options.durable && record.task.options.durability != proto::Durability::memory;
}

// ---- Clients --------------------------------------------------------------------------------------------------------

Cookie History::invoke(const proto::Submission& task) {
  Record& record = tasks_[task.id];
  record.task = task;
  record.known = true;
  futures_.push_back({task.id});
  ++open_;
  ++counts_.submitted;
  return futures_.size();
}

Cookie History::invoke_attach(const TaskId& id) {
  futures_.push_back({id, true});
  ++open_;
  return futures_.size();
}

void History::acknowledged(Cookie cookie, proto::SessionId session) {
  Record& record = tasks_.at(futures_.at(cookie - 1).id);
  if (record.acknowledged_by == 0) ++counts_.acknowledged;
  record.acknowledged_by = broker_of_.at(session);
}

void History::unknown(Cookie cookie) {
  Future& future = futures_.at(cookie - 1);
  if (future.ended) return;
  future.ended = true;
  --open_;
  if (!future.attach) ++counts_.unknown;
}

void History::resolved(Cookie cookie, const proto::Outcome& outcome, bool known_before) {
  Future& future = futures_.at(cookie - 1);
  if (future.ended) violated("3", future.id, "its future ended twice");
  future.ended = true;
  --open_;
  Record& record = tasks_.at(future.id);
  const bool success = outcome.kind == OutcomeKind::succeeded;
  if (success)
    check_success(record, future.id, outcome);
  else
    check_failure(record, future, outcome, known_before);
  if (!future.attach) ++(success ? counts_.succeeded : counts_.failed);
}

void History::check_success(Record& record, const TaskId& id, const proto::Outcome& outcome) const {
  const std::string value{outcome.value.view().substr(0, outcome.value.view().find(';'))};
  if (!record.successes.contains(value)) violated("4", id, "succeeded with '" + value + "', which no attempt returned");
  if (!value.ends_with("-" + std::to_string(outcome.attempt.value()))) {
    violated("4", id,
             "the result of attempt " + value + " stands for attempt " + std::to_string(outcome.attempt.value()));
  }
}

void History::check_failure(Record& record, const Future& future, const proto::Outcome& outcome, bool known_before) {
  const auto& options = record.task.options;
  const Errc code = outcome.error ? outcome.error->code : Errc::unknown;
  const auto refuse = [&](const std::string& why) {
    violated("3", future.id,
             "ended with kind " + std::to_string(static_cast<int>(outcome.kind)) + ", " + std::string{errc_name(code)} +
                 ": " + why);
  };
  switch (outcome.kind) {
    case OutcomeKind::rejected:
      if (future.attach && code == Errc::task_unknown) return;
      if (code == Errc::queue_full && world_.options.reject_when_full && !known_before) return;
      if (code != Errc::task_unknown) refuse("nobody has reason to reject it");
      if (!known_before) refuse("it was never acknowledged");
      if (survives_restart(record) || record.acknowledged_by == broker_)
        violated("1", future.id, "acknowledged, and forgotten");
      ++counts_.lost;
      return;
    case OutcomeKind::expired:
      if (options.expires.count() == 0) refuse("it has no deadline");
      return;
    case OutcomeKind::timed_out:
      if (options.timeout.count() == 0) refuse("it has no time limit");
      return;
    case OutcomeKind::cancelled:
      if (!record.cancel_asked) refuse("nobody cancelled it");
      return;
    case OutcomeKind::retry:
      refuse("that is not an end");
    default:
      return;
  }
}

void History::cancelled(const TaskId& id) {
  if (const auto found = tasks_.find(id); found != tasks_.end()) found->second.cancelled_by = broker_;
}

void History::check_all_ended() const {
  for (const Future& future : futures_) {
    if (!future.ended)
      violated("14", future.id, future.attach ? "whoever attached to it still waits" : "its future still waits");
  }
}

// ---- The broker -----------------------------------------------------------------------------------------------------

void History::granted(const proto::GrantedTask& granted, broker::WorkerHandle worker) {
  const GrantKey key{granted.id, granted.grant};
  Given& given = grants_[key];
  given.brokers.insert(broker_);
  given.worker = worker;
  given.lost = false;
  given_to_[worker].push_back(key);
  const auto& options = tasks_.at(granted.id).task.options;
  if (granted.grant.attempt.value() > options.max_attempts) {
    violated("10", granted.id,
             "attempt " + std::to_string(granted.grant.attempt.value()) + " of at most " +
                 std::to_string(options.max_attempts));
  }
}

void History::granted(const proto::GrantedTask& granted, broker::WorkerHandle worker, const broker::Books& books) {
  this->granted(granted, worker);
  const broker::Task* found = books.tasks.find(granted.id);
  if (found == nullptr) violated("12", granted.id, "was granted and is not in the books");
  const broker::Task& task = *found;
  const auto& options = tasks_.at(granted.id).task.options;
  if (granted.grant.attempt.value() > 1) return;
  constexpr milliseconds kGrain{2};
  const auto unix_now = world_.both().unix_time;
  if (unix_now + kGrain < std::max(task.submitted_at + options.delay, options.not_before))
    violated("10", granted.id, "was granted before its time");
  if (options.expires.count() > 0 && unix_now > task.submitted_at + options.expires + kGrain)
    violated("10", granted.id, "was granted after its deadline");
}

void History::worker_ended(broker::WorkerHandle worker) {
  for (const GrantKey& key : given_to_[worker])
    if (Given& given = grants_[key]; given.worker == worker) given.lost = true;
  given_to_.erase(worker);
}

void History::reported(const proto::TaskResult& result) {
  if (result.outcome.kind == OutcomeKind::rejected) return;
  Record& record = tasks_.at(result.id);
  const std::string bytes = proto::encode_outcome(result.outcome);
  const auto [at, first] = record.outcomes.try_emplace(survives_restart(record) ? 0 : broker_, bytes);
  if (!first && at->second != bytes) violated("3", result.id, "its result has changed");
}

// ---- Children -------------------------------------------------------------------------------------------------------

std::string History::value_of(const proto::GrantedTask& task) { return brief(task.id) + " " + to_string(task.grant); }

void History::started(const proto::GrantedTask& task) {
  const auto found = grants_.find({task.id, task.grant});
  if (found == grants_.end())
    violated("4", task.id, "started as " + to_string(task.grant) + ", which was never granted");
  Given& given = found->second;
  // A broker without a store counts its epochs anew: the same numbers may stand for a grant of each.
  if (++given.starts > given.brokers.size()) violated("4", task.id, to_string(task.grant) + " started twice");
  Record& record = tasks_.at(task.id);
  ++counts_.executions;
  if (++record.starts > 1) ++counts_.repeated;
  if (record.starts > 1 && record.task.options.at_most_once && survives_restart(record))
    violated("7", task.id, "must not run twice, and was started again as " + to_string(task.grant));
  const bool current = given.brokers.contains(broker_) && !given.lost;
  if (record.cancelled_by == broker_ && current)
    violated("5", task.id, to_string(task.grant) + " started after it was reported cancelled");
}

void History::succeeded(const proto::GrantedTask& task) { tasks_.at(task.id).successes.insert(value_of(task)); }

}  // namespace forkmill::sim
