// ChildProcesses: the processes that run tasks: those of the pool, which are replaced when they die, and behind them
// those that are forked for one task each. Forks them, passes on what they print, carries signals to them, and reports
// their deaths to the link.
#pragma once

#include <spdlog/logger.h>
#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "proto/clock.h"
#include "proto/os/descriptor.h"
#include "proto/os/waiter.h"
#include "worker/ipc/control.h"
#include "worker/os/reaping.h"
#include "worker/rules/restart_backoff.h"
#include "worker/supervisor/child_streams.h"
#include "worker/supervisor/fork_setup.h"
#include "worker/supervisor/link_process.h"
#include "worker/supervisor/supervisor_setup.h"

namespace forkmill::worker {

// How children that host a pool are ended: in order, so that nothing is lost that their own children have printed, or
// not.
enum class Hosts { are_asked, are_killed };

// A place for a child, and the child that is there.
struct SupervisedChild {
  std::uint64_t generation = 0;
  Purpose purpose;
  pid_t pid = 0;  // 0: there is no child in this place now
  proto::Descriptor shared_area;
  ChildStreams streams;
  Enclosure enclosure;
  bool killed_by_us = false;
  bool died_at_birth = false;  // an earlier child in this place
  RestartBackoff backoff;
  proto::Instant due = proto::kNever;  // when the next child starts

  void kill(int signal);
};

class ChildProcesses {
 public:
  // `waiter` returns first_tag + slot when a child has printed something. All that is given must outlive this.
  ChildProcesses(const Origin& origin, proto::Waiter& waiter, std::uint64_t first_tag, LinkProcess& link,
                 spdlog::logger& log);

  // Call when a new link has started: schedules the pool's children. No child may be alive.
  void begin(proto::Instant now);
  // Forks the children of the pool that are due.
  void start_due(proto::Instant now);
  // Sets the number of children of the pool: missing ones are due now, and those beyond it have no successors. 0: no
  // child is replaced any more, until begin().
  void scale(proto::Instant now, std::uint32_t children);
  // Forks a child for one task, as the link asks for it.
  void start_process(proto::Instant now, ControlMessage request);
  // When the next child of the pool is due.
  proto::Instant next_wakeup() const;

  // Sends the signal, if that child has not been reaped.
  void signal(const ControlFacts& request);
  void kill_all(Hosts hosts);
  bool any_alive() const;
  // The children of the pool have run their start-up functions, or one of them never will.
  bool are_ready() const;

  // Passes on what the child has printed, also to the link.
  void pump(std::uint64_t tag);
  // Stops reading from the children while the readers of the sinks are slow, and tells the link what had to wait.
  void balance_output();
  OutputSinks& sinks() { return sinks_; }

  // Slot of the child with this pid; empty: it is no child of ours.
  std::optional<std::uint32_t> find(pid_t pid) const;
  // Call when the child has died and was reaped. replace: a child of the pool gets a successor.
  void handle_death(proto::Instant now, std::uint32_t slot, const Death& death, bool replace);

 private:
  using Child = SupervisedChild;

  void start(proto::Instant now, std::uint32_t slot);
  void give_up(proto::Instant now, std::uint32_t slot, const std::string& why);

  const Origin& origin_;
  proto::Waiter& waiter_;
  std::uint64_t first_tag_;
  LinkProcess& link_;
  spdlog::logger& log_;
  OutputSinks sinks_;
  std::uint32_t wanted_ = 0;  // children of the pool
  std::deque<Child> children_;
};

}  // namespace forkmill::worker
