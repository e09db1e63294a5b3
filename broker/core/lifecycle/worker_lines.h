// WorkerLines: keeps each worker in the line of its offer (tasks/offers.h) where it belongs by what it has and may be
// granted. Only workers that have changed are looked at (Output::outdated_places), and those whose pause ends.
#pragma once

#include <cstdint>
#include <unordered_set>

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class WorkerLines {
 public:
  explicit WorkerLines(BrokerState& state) : state_{state} {}

  // Moves the workers that have changed. Call before the lines are used.
  void update();
  // When the next worker's pause ends.
  Instant next_wakeup() const;

  // Whether neither an operator nor a shortage keeps the worker from getting tasks.
  bool may_grant(const Worker& worker) const;
  // Returns the line where the worker belongs now. A grant may change that.
  WorkerLine line_for(const Worker& worker) const;
  // Moves the worker to the end of a line, also of its own.
  void move(Worker& worker, WorkerLine line);

 private:
  // Whether the worker is short of something.
  bool is_paused(const Worker& worker) const;
  void end_pauses();
  void outdate_all_if_steered();

  BrokerState& state_;
  std::uint64_t last_since_ = 0;             // Worker::Place::since of the worker that was moved last
  std::unordered_set<WorkerHandle> paused_;  // workers whose pause has not ended, and some that are gone
  std::uint64_t known_controls_ = 0;         // Controls::version at the last update
};

}  // namespace forkmill::broker
