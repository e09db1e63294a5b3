// The supervisor: forks the link and the children, replaces what dies, carries signals, and leaves nothing behind.
// Single-threaded from the first fork to the last; it opens no socket of the network and runs no task. What an
// initializer loaded before stays in memory here, and every child shares it until it writes to it.
//
// Who dies with whom:
//   a child           with the supervisor (parent death signal), and when the link dies
//   its descendants   with the child: they are of its session, and as a subreaper the supervisor inherits and kills
//   them;
//                     those that made a session of their own (daemons) live until the supervisor ends
//   the link          when its end of the control socket closes: it kills the sessions of the children first
#pragma once

#include <forkmill/worker_options.h>
#include <spdlog/logger.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/transport/descriptor.h"
#include "proto/transport/real_env.h"
#include "proto/transport/waiter.h"
#include "proto/transport/wakeup.h"
#include "worker/ipc/control.h"
#include "worker/os/output.h"
#include "worker/os/reaping.h"
#include "worker/rules/restart_backoff.h"
#include "worker/tasks/registry.h"

namespace forkmill::worker {

struct SupervisorSetup {
  const Registry& registry;
  const WorkerOptions& options;  // processes is not 0
  const std::vector<std::function<void()>>& on_child_start;
  std::function<void(const Death&)> on_death_at_birth{};  // may be empty; called here
};

class Supervisor {
 public:
  explicit Supervisor(const SupervisorSetup& setup);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Until it was told to stop. 0 after a drain, 1 after an immediate stop.
  int run();

 private:
  enum class Phase {
    working,
    restarting,  // the link died: its children are being ended, then everything starts anew
    draining,    // the link lets the running attempts finish, and ends
    stopping,    // everything has been killed
  };

  // What a child forked for one task is told of itself.
  struct Purpose {
    std::string label;
    bool daemon = false;
    std::int32_t parent = 0;
  };

  struct Child {
    std::uint64_t generation = 0;
    Purpose purpose;
    pid_t pid = 0;  // 0: none now
    proto::Descriptor shared_area;
    OutputPipe out, err;
    OutputTail tail;
    bool killed_by_us = false;
    RestartBackoff restart_backoff;
    proto::Instant due = proto::kNever;  // when none is: when the next one starts
  };

  bool start_link();
  void start_child(std::uint32_t slot);
  void start_process(ControlMessage message);
  void not_born(std::uint32_t slot, const std::string& why);
  void cannot_fork(std::uint32_t slot, const std::string& why);
  bool is_process(std::uint32_t slot) const { return slot >= setup_.options.processes; }
  void start_due();
  [[noreturn]] void become_link(Control control);
  [[noreturn]] void become_child(std::uint32_t slot, int out, int err);

  proto::Instant time_to_wait();
  void serve(std::uint64_t tag);
  void handle_signals();
  void handle_stop_signal();
  void handle_control();
  void carry_out_kill(const ControlFacts& facts);
  void tell_environment(std::uint32_t slot) const;

  void reap_all();
  void child_died(std::uint32_t slot, const Death& death);
  void link_died(const Death& death);
  void schedule_successor(Child& child, const Death& death, bool at_birth);
  void report_death(std::uint32_t slot, const Death& death, bool at_birth);
  void pump(std::uint32_t slot);
  void sweep();

  void kill_child(Child& child, int signal);
  void kill_all_children();
  bool any_child() const;
  void end_everything();

  proto::Instant now() { return env_.now().steady; }

  SupervisorSetup setup_;
  std::shared_ptr<spdlog::logger> log_;
  proto::RealEnv env_;
  std::vector<int> inherited_;  // descriptors that were open before the pool began: the program's own, kept everywhere
  proto::Waiter waiter_;
  proto::Descriptor signals_;
  std::optional<proto::Wakeup> link_bell_;
  std::unique_ptr<Control> control_;
  OutputSink stdout_sink_;
  OutputSink stderr_sink_;

  Phase phase_ = Phase::working;
  proto::Instant phase_ends_ = proto::kNever;  // what is not over by then is ended by force
  pid_t self_ = 0;
  pid_t link_ = 0;
  proto::Instant link_started_{0};
  proto::Instant link_due_ = proto::kNever;
  RestartBackoff link_births_;
  const std::uint64_t instance_;          // who this worker is to the broker, whichever link speaks for it
  std::deque<Child> children_;            // the pool, and behind it those that are forked for one task each
  std::vector<std::int32_t> gone_;        // children that died while there was no link to tell
  std::vector<pid_t> orphaned_sessions_;  // sessions of dead children that still have members
  int exit_code_ = 0;
};

}  // namespace forkmill::worker
