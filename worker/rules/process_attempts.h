// ProcessAttempts: the attempts that have a process of their own. Such a process is forked when the grant comes, runs
// nothing else, and ends with its attempt. The outcome is reported when the process has been reaped, so that a waiter
// who learns of the end finds no process any more. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "worker/ipc/child_messages.h"
#include "worker/rules/attempt_outcomes.h"
#include "worker/rules/pool_state.h"
#include "worker/rules/process_slots.h"
#include "worker/rules/rings.h"

namespace forkmill::worker {

class ProcessAttempts {
 public:
  ProcessAttempts(PoolState& state, Rings& rings);

  // Call when the attempt was granted: asks for its process. Hands the attempt back if there are as many processes as
  // allowed already, when the worker drains, and during a shortage.
  void add(proto::Instant now, std::uint64_t serial);
  // Keeps the attempt from starting. Returns false if it has started.
  bool revoke(std::uint64_t serial);
  // Sends a signal to the process, or keeps the signal until the process is forked.
  void signal(std::uint64_t serial, int signal);
  // Tells the broker of every process that runs: a new session knows none of them.
  void tell_all_started() const;

  void spawned(ChildKey child, std::uint32_t pid);
  void born(proto::Instant now, ChildKey child);
  void handle(ChildKey child, const ChildResult& result);
  void handle(proto::Instant now, const ChildDeath& death);

  // Does what is due.
  void tick(proto::Instant now);
  // Call when the processes have been killed: reports the outcomes that are known.
  void stop();
  proto::Instant next_wakeup() const;

  std::size_t size() const { return slots_.attempts(); }
  const ProcessSlots& slots() const { return slots_; }

 private:
  void tell_started(const ProcessPlace& place) const;

  PoolState& state_;
  Rings& rings_;
  ProcessSlots slots_;
};

}  // namespace forkmill::worker
