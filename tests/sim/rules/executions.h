// Executions: the attempts that the broker granted and that children ran. Each function throws Violation if the event
// breaks a rule.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "tests/sim/rules/process_history.h"
#include "tests/sim/rules/task_records.h"

namespace forkmill::sim {

class Executions {
 public:
  Executions(TaskRecords& records, ProcessHistory& processes) : records_{records}, processes_{processes} {}

  // ---- The broker
  void broker_started() { taken_up_.clear(); }
  // Call with each grant of a broker whose state is known.
  void granted(const proto::GrantedTask& task, broker::WorkerHandle worker, const broker::BrokerState& state);
  // Call with each grant of a broker whose state is not known.
  void granted(const proto::GrantedTask& task, broker::WorkerHandle worker);
  // Call when a worker came back with an attempt that an earlier broker had granted.
  void taken_up(const TaskId& id, broker::WorkerHandle worker) { taken_up_[worker].push_back(id); }
  // The broker gave up the attempt that the worker ran, but not the worker.
  void overrun(const TaskId& id, broker::WorkerHandle worker);
  // The same for those attempts of the worker of which the broker knows that they ended so and were followed by others.
  void overran(broker::WorkerHandle worker, const broker::BrokerState& state);
  // The broker gave the worker up.
  void worker_ended(broker::WorkerHandle worker);

  // ---- Children
  void started(const proto::GrantedTask& task);
  void succeeded(const proto::GrantedTask& task);
  void threw(const proto::GrantedTask& task);
  // Call when the attempt runs no more, for any reason.
  void stopped(const proto::GrantedTask& task) { std::erase(records_.at(task.id).running, task.grant); }
  // The value that a child returns in this attempt.
  static std::string value_of(const proto::GrantedTask& task);

 private:
  struct Given {
    std::set<std::uint64_t> brokers;  // the brokers that granted the attempt
    broker::WorkerHandle worker;
    bool lost = false;  // the session of the worker ended
    std::size_t starts = 0;
  };
  struct GrantKey {
    TaskId id;
    proto::Grant grant;
    friend auto operator<=>(const GrantKey&, const GrantKey&) = default;
  };

  // Whether the current broker granted the attempt and has not given up its worker.
  bool current(const Given& given) const { return given.brokers.contains(records_.broker()) && !given.lost; }
  void check_time(const broker::Task& task, const proto::TaskOptions& options, const broker::BrokerState& state) const;
  void check_alone(const TaskRecord& record, const Given& given, const proto::GrantedTask& task) const;
  void check_cancelled(const TaskRecord& record, const Given& given, const proto::GrantedTask& task) const;

  TaskRecords& records_;
  ProcessHistory& processes_;
  std::map<GrantKey, Given> grants_;
  std::map<broker::WorkerHandle, std::vector<GrantKey>> given_to_;
  std::map<broker::WorkerHandle, std::vector<TaskId>> taken_up_;
};

}  // namespace forkmill::sim
