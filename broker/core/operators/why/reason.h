// Reason: why a task waits or ended as it did, and why a queue or a worker stands still. Finding: a reason in words.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::broker {

enum class Reason : std::uint8_t {
  // A task, and a queue with tasks that wait
  restart_grace,   // the broker has just started, and grants nothing yet
  paused,          // an operator has paused its queue or its name
  running_limit,   // as many tasks of its queue run as may
  delayed,         // not due yet, by its options
  next_attempt,    // due for another attempt later
  unserved,        // no connected worker takes it
  nested_wait,     // each child that could run it waits for such tasks itself
  workers_busy,    // no worker that could run it takes any more
  behind,          // others are granted before it
  paged_out,       // on disk: fetched when its turn comes
  next_in_line,    // granted as soon as the broker gets to it
  commit_awaited,  // granted, and must not start before the grant is on disk
  in_worker,       // granted, and waits for a child of its worker
  runs,            // an attempt runs
  waits_for_object,
  cancel_requested,
  worker_silent,
  submitted,
  succeeded,
  failed,
  no_other_attempt,  // failed, and why that attempt was the last one
  ran_again,         // more than one attempt was made
  cancelled,
  expired,
  only_history,  // has finished, and its result is no longer kept
  // A queue
  empty,
  full,
  scheduled,
  // A worker
  draining,
  held,    // an operator has paused it
  barred,  // has let attempts run over their timeout
  short_of_something,
  no_work,        // nothing is ready in its queues
  other_names,    // tasks are ready, and it has none of their names
  credit_used,    // the worker holds as many tasks as it asks for
  processes_used  // the number of tasks with a process of their own is at its limit
};

constexpr std::string_view reason_name(Reason reason) {
  constexpr std::array<std::string_view, 36> kNames{
      // A task
      "restart_grace", "paused", "running_limit", "delayed", "next_attempt", "unserved", "nested_wait", "workers_busy",
      "behind", "paged_out", "next_in_line", "commit_awaited", "in_worker", "runs", "waits_for_object",
      "cancel_requested", "worker_silent", "submitted", "succeeded", "failed", "no_other_attempt", "ran_again",
      "cancelled", "expired", "only_history",
      // A queue
      "empty", "full", "scheduled",
      // A worker
      "draining", "held", "barred", "short_of_something", "no_work", "other_names", "credit_used", "processes_used"};
  static_assert(kNames.size() == static_cast<std::size_t>(Reason::processes_used) + 1);
  return kNames[static_cast<std::size_t>(reason)];
}

// One reason, and the sentence that explains it, which ends without a full stop.
struct Finding {
  Reason reason;
  std::string text;
};
using Findings = std::vector<Finding>;

}  // namespace forkmill::broker
