// History: everything that was asked, answered and done, as seen from outside, and whether the answers fit. An event
// that breaks a rule throws Violation: the earliest moment at which the fault is certain.
//
//   1   an acknowledged task is not forgotten          3   a future ends once; a result never changes
//   4   a result is that of an attempt that ended so   5   no attempt starts after the task is reported cancelled
//   6   one attempt runs at a time, among workers that the broker has not given up
//   7   a task that must run at most once starts once  8   one key has one task and one result
//   10  attempts, delays and deadlines are kept        14  in the end every future has ended
//   20  a log shows what its attempt has printed, in order, and says what is missing
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tests/sim/rules/executions.h"
#include "tests/sim/rules/futures.h"
#include "tests/sim/rules/logs.h"
#include "tests/sim/rules/process_history.h"
#include "tests/sim/rules/requests.h"
#include "tests/sim/rules/task_records.h"
#include "tests/sim/rules/task_views.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

class History {
 public:
  // `everything`: the history is told of each event when it happens; it keeps a model of each task and knows which
  // attempts run. `journals`: the history is read from journals of real programs, whose children do not say when they
  // are killed.
  enum class Sight { everything, journals };
  explicit History(World& world, Sight sight = Sight::everything);

  void broker_started();
  // The broker reports a result to a client.
  void reported(const proto::TaskResult& result);

  Futures& futures() { return futures_; }
  Executions& executions() { return executions_; }
  Requests& requests() { return requests_; }
  ProcessHistory& processes() { return processes_; }
  // REQUIRES: Sight::everything.
  Model& model() { return *records_.model(); }
  TaskViews& views() { return *views_; }
  bool has_views() const { return views_.has_value(); }
  Logs& logs() { return logs_; }
  const Counts& counts() const { return records_.counts; }

 private:
  TaskRecords records_;
  ProcessHistory processes_;
  std::optional<TaskViews> views_;
  Futures futures_{records_, processes_};
  Executions executions_{records_, processes_};
  Requests requests_;
  Logs logs_;
};

}  // namespace forkmill::sim
