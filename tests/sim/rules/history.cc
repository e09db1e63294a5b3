#include "tests/sim/rules/history.h"

#include "proto/wire/codec.h"

namespace forkmill::sim {

using proto::OutcomeKind;
using proto::to_string;

namespace {

// Enough to tell two tasks of one key apart.
std::string body_of(const proto::Payload& payload) { return std::string{payload.view().substr(0, 4)}; }

}  // namespace

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
  const auto& options = record.task.options;
  return world_.options.durable && options.durability != proto::Durability::memory && !options.daemon;
}

// ---- Clients --------------------------------------------------------------------------------------------------------

Cookie History::invoke(const proto::Submission& task) {
  Record& record = tasks_[task.id];
  if (!record.known) record.task = task;
  record.known = true;
  weaken(record.task.options, task.options);
  if (model_) model_->submitted(task);
  Future& future = futures_.emplace_back();
  future.id = task.id;
  future.body = body_of(task.payload);
  record.bodies.insert(future.body);
  ++open_;
  ++counts_.submitted;
  return futures_.size();
}

Cookie History::invoke_attach(const TaskId& id) {
  futures_.push_back({id, true, false, {}, false});
  ++open_;
  return futures_.size();
}

void History::acknowledged(Cookie cookie, proto::SessionId session) {
  Future& future = futures_.at(cookie - 1);
  Record& record = tasks_.at(future.id);
  future.acknowledged = true;
  if (record.acknowledged_by == 0) ++counts_.acknowledged;
  record.acknowledged_by = future.acknowledged_by = broker_of_.at(session);
  if (model_ && (record.acknowledged_by == broker_ || survives_restart(record))) model_->acknowledged(future.id);
}

void History::unknown(Cookie cookie) {
  Future& future = futures_.at(cookie - 1);
  if (future.ended) return;
  future.ended = true;
  --open_;
  if (future.attach) return;
  ++counts_.unknown;
  // Without an acknowledgement it may still be under way.
  if (future.acknowledged && model_) model_->submission_ended(future.id);
}

void History::resolved(Cookie cookie, const proto::Outcome& outcome, bool known_before) {
  Future& future = futures_.at(cookie - 1);
  if (future.ended) violated("3", future.id, "its future ended twice");
  future.ended = true;
  --open_;
  Record& record = tasks_.at(future.id);
  const bool success = outcome.kind == OutcomeKind::succeeded;
  if (success)
    check_success(record, future, outcome);
  else
    check_failure(record, future, outcome, known_before);
  if (future.attach) return;
  if (model_) model_->submission_ended(future.id);
  ++(success ? counts_.succeeded : counts_.failed);
}

void History::check_success(const Record& record, const Future& future, const proto::Outcome& outcome) const {
  const TaskId& id = future.id;
  const std::string value{outcome.value.view().substr(0, outcome.value.view().find(';'))};
  if (!record.successes.contains(value)) violated("4", id, "succeeded with '" + value + "', which no attempt returned");
  if (!future.attach && !value.starts_with(future.body + " "))
    violated("8", id, "its result is that of another task under the same key");
  if (!value.ends_with("-" + std::to_string(outcome.attempt.value()))) {
    violated("4", id,
             "the result of attempt " + value + " stands for attempt " + std::to_string(outcome.attempt.value()));
  }
}

void History::refuse(const Future& future, const proto::Outcome& outcome, const std::string& why) const {
  const Errc code = outcome.error ? outcome.error->code : Errc::unknown;
  violated("3", future.id,
           "ended with kind " + std::to_string(static_cast<int>(outcome.kind)) + ", " + std::string{errc_name(code)} +
               ": " + why);
}

void History::check_failure(Record& record, const Future& future, const proto::Outcome& outcome, bool known_before) {
  const auto& options = record.task.options;
  switch (outcome.kind) {
    case OutcomeKind::rejected:
      return check_rejection(record, future, outcome, known_before);
    case OutcomeKind::expired:
      if (options.expires.count() == 0) refuse(future, outcome, "it has no deadline");
      return;
    case OutcomeKind::timed_out:
      if (options.timeout.count() == 0) refuse(future, outcome, "it has no time limit");
      return;
    case OutcomeKind::cancelled:
      if (!record.cancel_asked && !options.daemon) refuse(future, outcome, "nobody cancelled it");
      return;
    case OutcomeKind::failed:
      if (outcome.error && outcome.error->code == Errc::handler_error && !record.throws.contains(outcome.attempt))
        violated("4", future.id, "failed by attempt " + std::to_string(outcome.attempt.value()) + ", which did not");
      return;
    case OutcomeKind::retry:
      refuse(future, outcome, "that is not an end");
    default:
      return;
  }
}

void History::check_rejection(Record& record, const Future& future, const proto::Outcome& outcome, bool known_before) {
  const Errc code = outcome.error ? outcome.error->code : Errc::unknown;
  if (code == Errc::queue_full && world_.options.reject_when_full && !known_before) return;
  if (code == Errc::disk_full && world_.options.reject_when_full && world_.options.disk.crowds > 0 && !known_before)
    return;
  if (code == Errc::duplicate_task && !future.attach && record.bodies.size() > 1) return;
  if (code != Errc::task_unknown) refuse(future, outcome, "nobody has reason to reject it");
  if (future.attach) return;  // whether that was so is looked at when the broker says it
  if (!known_before) refuse(future, outcome, "it was never acknowledged");
  // Under a key, somebody else may have submitted it anew since the broker said so.
  const bool may_be_gone = model_ ? model_->is_mortal(future.id) || model_->may_be_gone(future.id)
                                  : !survives_restart(record) && future.acknowledged_by != broker_;
  if (!may_be_gone) violated("1", future.id, "acknowledged, and forgotten");
  ++counts_.lost;
}

void History::cancel_asked(const TaskId& id) {
  tasks_.at(id).cancel_asked = true;
  if (model_) model_->cancel_asked(id);
}

void History::born(Cookie cookie, std::uint32_t pid) const {
  const Future& future = futures_.at(cookie - 1);
  if (future.ended) violated("3", future.id, "its process is said to run after its end");
  processes_.told(future.id, pid);
}

// One that has not started is cancelled.
void History::signal_asked(const TaskId& id) { cancel_asked(id); }

// `anew`: not said again to somebody who has come back.
void History::signal_answered(const Signalled& answer, bool anew) {
  if (!anew) return;
  if (model_) model_->shown(answer.id, answer.state == "sent" || answer.state == "waiting" ? "running" : answer.state);
  if (answer.state == "sent") processes_.signal_sent(answer.id, answer.signal);
}

// ---- Operators ------------------------------------------------------------------------------------------------------

History::DeadOrder History::dead_asked(const TaskId& id, const TaskId& new_id) {
  const bool certain = model_ && model_->drop_asked(id);
  if (!new_id.is_nil()) {
    Record& record = tasks_[new_id];
    record.task = tasks_.at(id).task;
    record.task.id = new_id;
    record.task.options.delay = record.task.options.not_before = milliseconds{0};
    record.task.options.key.clear();
    record.known = true;
    if (model_) model_->submitted(record.task);
  }
  return {id, new_id, broker_, certain};
}

void History::dead_answered(const DeadOrder& order, Errc code) {
  const bool retry = !order.new_id.is_nil();
  if (code == Errc::ok) {
    if (retry && model_) model_->acknowledged(order.new_id);
  } else if (order.asked_of == broker_ && code != Errc::queue_full) {
    if (retry && tasks_.at(order.new_id).granted_by == broker_)
      violated("8", order.id,
               "it was tried again, and whoever asked for that was told " + std::string{errc_name(code)});
    if (order.certain && code == Errc::task_unknown) model_->drop_refused(order.id);
  }
  if (retry && model_) model_->submission_ended(order.new_id);
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
  Record& record = tasks_.at(granted.id);
  // It may have been forgotten, and be submitted for another time: then it has another result.
  if (model_ && model_->may_be_gone(granted.id)) record.outcomes.clear();
  if (model_ && model_->may_be_forgotten(granted.id)) {
    record.starts = 0;
    record.cancelled_by = 0;
  }
  if (model_) model_->granted(granted.id);
  record.granted_by = broker_;
  if (granted.process) processes_.granted(granted.id, granted.grant);
  const GrantKey key{granted.id, granted.grant};
  Given& given = grants_[key];
  given.brokers.insert(broker_);
  given.worker = worker;
  given.lost = false;
  given_to_[worker].push_back(key);
  const auto& options = record.task.options;
  if (granted.grant.attempt.value() > options.max_attempts) {
    violated("10", granted.id,
             "attempt " + std::to_string(granted.grant.attempt.value()) + " of at most " +
                 std::to_string(options.max_attempts));
  }
}

void History::granted(const proto::GrantedTask& granted, broker::WorkerHandle worker,
                      const broker::BrokerState& state) {
  this->granted(granted, worker);
  const broker::Task* found = state.tasks.find(granted.id);
  if (found == nullptr) violated("12", granted.id, "was granted and is not in the books");
  if (granted.grant.attempt.value() == 1) check_time(*found, tasks_.at(granted.id).task.options, state);
}

// The broker's own time goes on steadily; only what was said in terms of the wall clock depends on that.
void History::check_time(const broker::Task& task, const proto::TaskOptions& options,
                         const broker::BrokerState& state) const {
  constexpr milliseconds kGrain{2};
  const milliseconds arrived = state.stamp(state.arrived(task.seq, task.submitted_at));
  // The wall clock is asked once for what was said in its terms, and may have been as wrong as it can be.
  const auto latest_unix = world_.both(world_.options.most_skew).unix_time;
  if (state.stamp() + kGrain < arrived + options.delay || latest_unix + kGrain < options.not_before)
    violated("10", task.id, "was granted before its time");
  if (options.expires.count() > 0 && state.stamp() > arrived + options.expires + kGrain)
    violated("10", task.id, "was granted after its deadline");
}

void History::worker_ended(broker::WorkerHandle worker) {
  for (const GrantKey& key : given_to_[worker])
    if (Given& given = grants_[key]; given.worker == worker) given.lost = tasks_.at(key.id).worker_lost = true;
  given_to_.erase(worker);
  for (const TaskId& id : taken_up_[worker]) tasks_.at(id).worker_lost = true;
  taken_up_.erase(worker);
}

void History::reported(const proto::TaskResult& result) {
  if (result.outcome.kind == OutcomeKind::rejected) return;
  Record& record = tasks_.at(result.id);
  if (model_) model_->reported(result.id, result.outcome.kind);
  if (record.task.options.process) processes_.reported(result, record.worker_lost);
  const std::string bytes = proto::encode_outcome(result.outcome);
  const auto [at, first] = record.outcomes.try_emplace(survives_restart(record) ? 0 : broker_, bytes);
  if (first || at->second == bytes) return;
  if (!is_mortal(result.id) && !(model_ && model_->may_be_forgotten(result.id)))
    violated("3", result.id, "its result has changed");
  at->second = bytes;
}

// ---- Children -------------------------------------------------------------------------------------------------------

std::string History::value_of(const proto::GrantedTask& task) {
  return body_of(task.payload) + " " + brief(task.id) + " " + to_string(task.grant);
}

void History::started(const proto::GrantedTask& task) {
  const auto found = grants_.find({task.id, task.grant});
  if (found == grants_.end())
    violated("4", task.id, "started as " + to_string(task.grant) + ", which was never granted");
  Given& given = found->second;
  if (++given.starts > 1) violated("4", task.id, to_string(task.grant) + " started twice");
  Record& record = tasks_.at(task.id);
  ++counts_.executions;
  if (++record.starts > 1) ++counts_.repeated;
  // When an operator drops a dead letter that its client has not heard of, the client submits it as a new one.
  const bool dropped = model_ && model_->may_be_dropped(task.id);
  if (record.starts > 1 && record.task.options.at_most_once && survives_restart(record) && !dropped)
    violated("7", task.id, "must not run twice, and was started again as " + to_string(task.grant));
  if (!model_) return check_cancelled(record, given, task);
  for (const proto::Grant& other : record.running)
    if (current(given) && current(grants_.at({task.id, other})))
      violated("6", task.id, to_string(task.grant) + " started while " + to_string(other) + " runs");
  record.running.push_back(task.grant);
  check_cancelled(record, given, task);
}

void History::check_cancelled(const Record& record, const Given& given, const proto::GrantedTask& task) const {
  if (record.cancelled_by == broker_ && current(given) && !is_mortal(task.id))
    violated("5", task.id, to_string(task.grant) + " started after it was reported cancelled");
}

void History::threw(const proto::GrantedTask& task) { tasks_.at(task.id).throws.insert(task.grant.attempt); }

void History::succeeded(const proto::GrantedTask& task) {
  tasks_.at(task.id).successes.insert(value_of(task));
  if (model_) model_->returned(task.id);
}

}  // namespace forkmill::sim
