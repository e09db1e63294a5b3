// Effects: the actions that the rules of a worker ask for, as plain structs. The link carries them out (link/link.h),
// and so do simulators and tests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/wire/messages.h"
#include "worker/ipc/control_records.h"
#include "worker/ipc/records.h"

namespace forkmill::worker {

// Put the task of this attempt, which the attempt table has, into the ring of the child.
struct Assignment {
  ChildKey child;
  TaskHead head{};
};

// Set the stop token of this attempt.
struct StopRequest {
  ChildKey child;
  std::uint64_t serial = 0;
};

// Ask the supervisor to send a signal.
struct SignalRequest {
  ChildKey child;
  int signal = 0;
  bool to_group = false;  // to everything that the child has started as well
};

// Ask the supervisor for a child that runs one task alone, in a place beyond those of the pool.
struct ForkRequest {
  std::uint32_t slot = 0;
  std::uint32_t parent = 0;  // pid of the task's submitter
  bool daemon = false;
  std::string label;
  bool hosts_pool = false;  // the task is forkmill.pool
};

// Ask the supervisor for what the broker has ordered, or for what the load of the pool needs.
struct PoolRequest {
  bool drain = false;          // to end the worker as on SIGTERM
  bool restart = false;        // drain: and to start it again
  std::uint32_t children = 0;  // number of children that the pool is to have; 0: as it is
  bool by_load = false;        // children: was not ordered
};

struct Effects {
  std::vector<Assignment> assignments;
  std::vector<StopRequest> stops;
  std::vector<SignalRequest> signals;  // in this order
  std::vector<ForkRequest> forks;
  PoolRequest pool;                           // before `signals`
  std::vector<proto::Envelope> send;          // to the broker, in this order
  bool reconnect = false;                     // after `send`: drop the connection and make a new one
  std::unique_ptr<const proto::Moved> moved;  // the session is to be had elsewhere
  // The same for the sessions with further shards.
  struct ToShard {
    std::uint32_t shard = 2;
    std::vector<proto::Envelope> send{};
    bool reconnect = false;
    std::unique_ptr<const proto::Moved> moved{};
  };
  std::vector<ToShard> others;

  // News for the log
  std::vector<proto::Welcome> welcomes;
  std::vector<proto::ErrorMessage> errors;
  std::vector<std::string> warnings;
  bool refused = false;  // the broker will never take this worker, as the last error says
  std::string shortage;  // not empty: the worker takes no tasks for a while, for want of this

  // Keeps the memory for the next round.
  void clear();
  void swap(Effects& other) noexcept;
};

inline void Effects::clear() {
  assignments.clear();
  stops.clear();
  signals.clear();
  forks.clear();
  pool = {};
  send.clear();
  reconnect = false;
  moved.reset();
  others.clear();
  welcomes.clear();
  errors.clear();
  warnings.clear();
  shortage.clear();
  refused = false;
}

inline void Effects::swap(Effects& other) noexcept {
  assignments.swap(other.assignments);
  stops.swap(other.stops);
  signals.swap(other.signals);
  forks.swap(other.forks);
  std::swap(pool, other.pool);
  send.swap(other.send);
  std::swap(reconnect, other.reconnect);
  std::swap(moved, other.moved);
  others.swap(other.others);
  welcomes.swap(other.welcomes);
  errors.swap(other.errors);
  warnings.swap(other.warnings);
  shortage.swap(other.shortage);
  std::swap(refused, other.refused);
}

}  // namespace forkmill::worker
