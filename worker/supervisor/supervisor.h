// The supervisor: forks the link and the children, replaces what dies, carries signals, and leaves nothing behind.
// Single-threaded from the first fork to the last; it opens no socket of the network and runs no task. Memory that an
// initializer filled before the first fork is shared by all children until they write to it.
//
// Ends that bring others:
//   a child           with the supervisor (parent death signal), and when the link dies
//   its descendants   with the child: they are in its session, and as a subreaper the supervisor inherits and kills
//                     them; descendants in a session of their own (daemons) live until the supervisor ends
//   the link          when its end of the control socket closes: it kills the sessions of the children first
#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <memory>

#include "proto/os/descriptor.h"
#include "proto/os/real_env.h"
#include "proto/os/waiter.h"
#include "worker/supervisor/child_processes.h"
#include "worker/supervisor/descendant_reaper.h"
#include "worker/supervisor/link_process.h"
#include "worker/supervisor/supervisor_setup.h"

namespace forkmill::worker {

class Supervisor {
 public:
  // Blocks SIGTERM, SIGINT, SIGHUP and SIGCHLD, and ignores SIGPIPE, for good. Throws std::system_error.
  explicit Supervisor(const SupervisorSetup& setup);
  // Kills everything that is left.
  ~Supervisor();

  struct Ending {
    int exit_code = 0;      // 0 after a drain, 1 after an immediate stop or a failure
    bool restarts = false;  // the broker has told the worker to start again after its drain
  };
  // Blocks until the pool has ended.
  Ending run();

 private:
  enum class Phase {
    working,
    restarting,  // the link has died: its children are being ended, then everything starts again
    settling,    // is to drain, once all children are ready
    draining,    // the link lets the running attempts finish, and exits
    stopping,    // everything has been killed
  };

  void start_due();
  proto::Instant time_to_wait();
  void handle_signals();
  void handle_stop_signal();
  // Returns false if the worker is already stopping.
  bool drain_when_ready();
  void drain();
  void handle_link();
  void reap_all();
  void reap_child(std::uint32_t slot, pid_t pid, bool replace);
  void link_died(const Death& death);
  void end_everything();
  proto::Instant now() { return env_.now().steady; }

  proto::RealEnv env_;
  const Origin origin_;
  std::shared_ptr<spdlog::logger> log_;
  proto::Waiter waiter_;
  proto::Descriptor signals_;
  LinkProcess link_;
  ChildProcesses children_;
  DescendantReaper orphans_;
  Phase phase_ = Phase::working;
  proto::Instant phase_ends_ = proto::kNever;  // everything left is killed at that time
  Ending ending_;
};

}  // namespace forkmill::worker
