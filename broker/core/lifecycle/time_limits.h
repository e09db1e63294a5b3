// TimeLimits: ends attempts that run over TaskOptions::timeout and that their worker does not end. A worker does so by
// itself, with a grace of its own between SIGTERM and SIGKILL. If an attempt has run for its timeout and
// CoreOptions::timeout_grace, its grant ends, as for a worker that is lost, and its worker is told. A worker that lets
// another attempt run over is granted nothing more, in this session and in those that resume it.
//
// The start of an attempt is known to its worker only. Here an attempt runs from the first look at which its worker
// reports it, or has an idle child for it: tasks that a worker does not report begin in the order of their grants, one
// in each child that is idle by the last report, or in each child if the worker sends no reports. That is supposed
// only, so such an attempt has the grace twice, unless there is a child for each task.
//
// A broker that has slept cannot have heard of ends: each attempt has the grace from then on.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/sleep_watch.h"

namespace forkmill::broker {

class TimeLimits {
 public:
  TimeLimits(BrokerState& state, TaskGrants& grants) : state_{state}, grants_{grants} {}

  void tick();
  Instant next_wakeup() const;

  // Whether the worker has let too many attempts run over their timeout: it is granted nothing more.
  static bool is_barred(const Worker& worker) { return worker.ended.overrun > kMaxOverruns; }

 private:
  struct Running {
    proto::Grant grant;
    Instant since;
  };
  static constexpr std::uint64_t kMaxOverruns = 1;
  using Attempts = std::unordered_map<proto::TaskSeq, Running>;

  // An attempt that has run over its timeout and the grace.
  struct Overrun {
    Worker* worker;
    Task* task;
    Instant ran;  // at least for so long
  };
  // Since when the attempt of the task counts as running.
  Instant running_since(const Task& task, bool slept) const;
  // Moves the attempts with a timeout that the worker runs from running_ to `still`, and those that are over to `over`.
  // `slept`: the broker has slept since the last look.
  void look(Worker& worker, bool slept, Attempts& still, std::vector<Overrun>& over) const;
  void end(const Overrun& overrun);

  BrokerState& state_;
  TaskGrants& grants_;
  Attempts running_;  // as seen at the last look
  Instant next_look_{0};
  SleepWatch sleep_{};
};

}  // namespace forkmill::broker
