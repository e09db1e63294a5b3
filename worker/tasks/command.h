// Command: the program that runs for one attempt of forkmill.exec. It leads a process group of its own and dies with
// this process. One thread owns a command.
#pragma once

#include <forkmill/exec.h>

#include <stop_token>
#include <string>
#include <vector>

#include "proto/clock.h"
#include "proto/os/descriptor.h"
#include "proto/os/real_env.h"
#include "proto/os/wakeup.h"
#include "worker/os/spawn.h"
#include "worker/tasks/command_streams.h"
#include "worker/tasks/exec.h"
#include "worker/tasks/output_log.h"
#include "worker/tasks/paced_log.h"

namespace forkmill::worker {

class Command {
 public:
  // Starts the command. Throws std::runtime_error if it cannot be started, OutOfResources if no process, memory or
  // descriptor is left. `request` and `log` must outlive the command. log: gets the output as it comes; may be null.
  Command(const ExecRequest& request, const ExecSettings& settings, OutputLog* log);
  // Kills the process group, and waits for the command if run() has not.
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  // Blocks until the command has ended; fills in its exit code, signal, outputs and timed_out. When `stop` is requested
  // or the time limit of the request has passed, the command gets SIGTERM, and SIGKILL after `grace`.
  void run(std::stop_token stop, proto::Instant grace, ExecResult& result);

  // `stop` was requested while the command ran, before its time limit.
  bool was_stopped() const { return stopping_ && !timed_out_; }

 private:
  // Starts the program of the request, or its shell if it needs one.
  void start(const ExecRequest& request, const ExecSettings& settings, SpawnRequest spawning);
  bool start_without_shell(const ExecRequest& request, const std::vector<std::string>& environment,
                           SpawnRequest spawning);
  void set_end(int status, ExecResult& result);
  // Waits for the streams, the stop and the end of the command. Returns true when the command has ended, and, after a
  // stop, when its group needs no more time.
  bool serve(proto::Instant grace);
  bool group_has_grace() const;
  void terminate(proto::Instant grace);
  int poll_timeout();  // milliseconds; −1: none

  proto::RealEnv env_;
  proto::Wakeup stop_bell_;
  PacedLog log_;
  Capture out_{proto::LogSource::output, log_};
  Capture err_{proto::LogSource::errors, log_};
  Feed feed_;
  Spawned spawned_;
  bool in_place_of_shell_ = false;  // the program of a line runs without the shell that the request asks for
  bool reaped_ = false;
  bool stopping_ = false;
  bool timed_out_ = false;
  proto::Instant limit_ = proto::kNever;
  proto::Instant kill_at_ = proto::kNever;
};

}  // namespace forkmill::worker
