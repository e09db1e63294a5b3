#include "tests/sim/rules/executions.h"

#include "proto/wire/codec.h"

namespace forkmill::sim {

using proto::to_string;

// ---- The broker -----------------------------------------------------------------------------------------------------

void Executions::granted(const proto::GrantedTask& granted, broker::WorkerHandle worker) {
  TaskRecord& record = records_.at(granted.id);
  Model* model = records_.model();
  // The broker may have forgotten the task, and the same id was submitted again: then it has another result.
  if (model != nullptr && model->may_be_gone(granted.id)) record.outcomes.clear();
  if (model != nullptr && model->may_be_forgotten(granted.id)) {
    record.starts = 0;
    record.cancelled_by = 0;
  }
  if (model != nullptr) model->granted(granted.id);
  record.granted_by = records_.broker();
  if (granted.spec->options.process) processes_.granted(granted.id, granted.grant);
  const GrantKey key{granted.id, granted.grant};
  Given& given = grants_[key];
  given.brokers.insert(records_.broker());
  given.worker = worker;
  given.lost = false;
  given_to_[worker].push_back(key);
  const auto& options = record.task.spec->options;
  if (granted.grant.attempt.value() > options.max_attempts) {
    violated("10", granted.id,
             "attempt " + std::to_string(granted.grant.attempt.value()) + " of at most " +
                 std::to_string(options.max_attempts));
  }
}

void Executions::granted(const proto::GrantedTask& granted, broker::WorkerHandle worker,
                         const broker::BrokerState& state) {
  this->granted(granted, worker);
  const broker::Task* found = state.tasks.find(granted.id);
  if (found == nullptr) violated("12", granted.id, "was granted, but the broker does not have it");
  if (granted.grant.attempt.value() == 1) check_time(*found, records_.at(granted.id).task.spec->options, state);
}

// The broker's own time goes on steadily. Only a time that the client gave by the wall clock depends on that clock.
void Executions::check_time(const broker::Task& task, const proto::TaskOptions& options,
                            const broker::BrokerState& state) const {
  constexpr milliseconds kGrain{2};
  const milliseconds arrived = state.clock.stamp(broker::arrival(state, task.seq, task.submitted_at));
  // The broker reads the wall clock once for `not_before`, and the clock may have been as wrong as it can be.
  const auto latest_unix = records_.world().both(records_.options().most_skew).unix_time;
  if (state.clock.stamp() + kGrain < arrived + options.delay || latest_unix + kGrain < options.not_before)
    violated("10", task.id, "was granted before its time");
  if (options.expires.count() > 0 && state.clock.stamp() > arrived + options.expires + kGrain)
    violated("10", task.id, "was granted after its deadline");
}

void Executions::overrun(const TaskId& id, broker::WorkerHandle worker) {
  if (records_.at(id).task.spec->options.timeout.count() == 0)
    violated("10", id, "was ended by the broker, but it has no time limit");
  for (const GrantKey& key : given_to_[worker])
    if (key.id == id) grants_[key].lost = records_.at(id).worker_lost = true;
}

void Executions::overran(broker::WorkerHandle worker, const broker::BrokerState& state) {
  for (const GrantKey& key : given_to_[worker]) {
    for (const broker::AttemptEnd& end : state.tasks.recent_attempts().of(key.grant.seq)) {
      const bool by_broker = end.code == Errc::timed_out && end.message.ends_with("did not end it");
      if (by_broker && end.attempt == key.grant.attempt && grants_[key].worker == worker)
        grants_[key].lost = records_.at(key.id).worker_lost = true;
    }
  }
}

void Executions::worker_ended(broker::WorkerHandle worker) {
  for (const GrantKey& key : given_to_[worker])
    if (Given& given = grants_[key]; given.worker == worker) given.lost = records_.at(key.id).worker_lost = true;
  given_to_.erase(worker);
  for (const TaskId& id : taken_up_[worker]) records_.at(id).worker_lost = true;
  taken_up_.erase(worker);
}

// ---- Children -------------------------------------------------------------------------------------------------------

std::string Executions::value_of(const proto::GrantedTask& task) {
  return body_of(task.payload) + " " + brief(task.id) + " " + to_string(task.grant);
}

void Executions::started(const proto::GrantedTask& task) {
  const auto found = grants_.find({task.id, task.grant});
  if (found == grants_.end())
    violated("4", task.id, "started as " + to_string(task.grant) + ", which was never granted");
  Given& given = found->second;
  if (++given.starts > 1) violated("4", task.id, to_string(task.grant) + " started twice");
  TaskRecord& record = records_.at(task.id);
  ++records_.counts.executions;
  if (++record.starts > 1) ++records_.counts.repeated;
  // An operator may drop a dead letter before its client hears of the failure: the client then submits the task again.
  const bool dropped = records_.model() != nullptr && records_.model()->may_be_dropped(task.id);
  if (record.starts > 1 && record.task.spec->options.at_most_once && records_.survives_restart(record) && !dropped)
    violated("7", task.id, "must run at most once, but started again as " + to_string(task.grant));
  if (records_.model() != nullptr) check_alone(record, given, task);
  if (records_.model() != nullptr) record.running.push_back(task.grant);
  check_cancelled(record, given, task);
}

void Executions::check_alone(const TaskRecord& record, const Given& given, const proto::GrantedTask& task) const {
  for (const proto::Grant& other : record.running)
    if (current(given) && current(grants_.at({task.id, other})))
      violated("6", task.id, to_string(task.grant) + " started while " + to_string(other) + " runs");
}

void Executions::check_cancelled(const TaskRecord& record, const Given& given, const proto::GrantedTask& task) const {
  if (record.cancelled_by == records_.broker() && current(given) && !records_.is_mortal(task.id))
    violated("5", task.id, to_string(task.grant) + " started after it was reported cancelled");
}

void Executions::threw(const proto::GrantedTask& task) { records_.at(task.id).throws.insert(task.grant.attempt); }

void Executions::succeeded(const proto::GrantedTask& task) {
  records_.at(task.id).successes.insert(value_of(task));
  if (Model* model = records_.model()) model->returned(task.id);
}

}  // namespace forkmill::sim
