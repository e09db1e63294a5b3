// Waits for tasks, for `submit`, `task wait` and the like. A signal ends the wait and not the task. A broker that is
// away is waited for.
#pragma once

#include <forkmill/client.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "client/cli/commands/connection.h"
#include "client/cli/os/loop_executor.h"
#include "client/cli/os/signals.h"

namespace forkmill::cli {

// A connection that waits for one task at a time. One thread.
class TaskWait {
 public:
  // Blocks until the broker has answered. SIGINT, SIGTERM and SIGHUP are blocked as long as the object exists.
  // `wait_command`: the command that waits for the same task later. Throws CommandError as Connection does.
  explicit TaskWait(const ConnectionOptions& options, std::string wait_command = "task wait");

  Connection& connection() { return connection_; }

  // Blocks until the task has ended, and reports on stderr if no worker can run it.
  //
  // Throws the error of the task if it failed, and CommandError with the id, the state and how to wait for the task or
  // cancel it: (timed_out) after `timeout` (0: none), (interrupted) after SIGINT, or with 128 + the number of another
  // signal.
  RawResult result(Future<RawResult> future, std::chrono::milliseconds timeout = {});
  // Blocks until the broker has accepted the task, or rejected it. Throws as result() does, and CommandError
  // (unreachable) if the broker is away for longer than the connect timeout.
  void accepted(Future<RawResult>& future);

 private:
  using Clock = std::chrono::steady_clock;

  // Blocks until the task has ended. Throws CommandError after `deadline` and after a signal.
  void wait(Future<RawResult>& future, Clock::time_point deadline);
  // Updates away_since_. Prints once in each outage that the broker does not answer, and that it answers again. To be
  // called about once a second.
  void watch_broker(Clock::time_point now);
  // Prints why no worker runs the task. Returns false if a worker can.
  bool report_unserved(const TaskId& id);
  // Throws CommandError (interrupted) if a signal has arrived.
  void check_signals(const TaskId& id);
  [[noreturn]] void give_up(const TaskId& id, ExitCode code, const std::string& why);

  Signals signals_{SIGINT, SIGTERM, SIGHUP};
  std::shared_ptr<LoopExecutor> executor_ = std::make_shared<LoopExecutor>();
  std::string wait_command_;
  std::chrono::milliseconds connect_timeout_;
  std::optional<Clock::time_point> away_since_;  // null: the broker answers
  bool outage_reported_ = false;
  Connection connection_;
};

// Blocks until the task has ended as TaskWait::result() does, and prints its result as JSON. Returns the exit status 0.
int print_when_done(TaskWait& wait, Future<RawResult> future, std::chrono::milliseconds timeout);

// Blocks until the broker has accepted the task, and prints its id. Returns the exit status 0. Throws Rejected, and
// CommandError with the id if that cannot be printed.
int print_accepted(TaskWait& wait, Future<RawResult>& future);

}  // namespace forkmill::cli
