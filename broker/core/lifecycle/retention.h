// Retention: for how long finished tasks are kept, and which go first when there are too many.
//
//   waiting    the result has not been fetched: kept for result_ttl, counted in the queue's limits
//   delivered  fetched: kept for result_ttl as long as there is room (CoreOptions::kept_results), for clients that
//              attach later
//   dead       failed, and fetched or over its time: kept with its arguments, as many as CoreOptions::dead_letters;
//              not with TaskOptions::dead_letter off: such a task is forgotten when it is fetched or over its time.
//              If there are too many, the oldest of the principal goes that has most
//   timed      any of these with a result_ttl of its own, or a key: kept exactly that long
//
// Waiting and timed results are those that the broker must keep: they count in the results of their owners. The others
// make room for later ones.
//
// Waiting and timed results of durable tasks are paged out when there are too many of them, and come back when their
// time is over. Those that cannot be paged out, or would come back soon, have a shelf of their own, so that they are in
// no other task's way.
#pragma once

#include <array>
#include <cstddef>

#include "broker/core/lifecycle/dead_letter_shelf.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Retention {
 public:
  explicit Retention(BrokerState& state) : state_{state} {}

  // Puts a finished task on its shelf; call when no delivery is under way.
  void keep(Task& task);
  // Puts a finished task that has come back from the disk on its shelf.
  void restore(Task& task);
  // Erases the task in the store, so that it is not there after a restart, and in memory: now, or when the deliveries
  // that are under way have ended.
  void drop(Task& task);
  // Returns until when a task that ended at `ended` is kept.
  Instant kept_until(const proto::TaskOptions& options, Instant ended) const;
  // Returns the same for a task that was found in the store.
  Instant kept_after_restart(const proto::TaskOptions& options, milliseconds finished_at) const;
  // Removes the task from its shelf, because a delivery begins.
  void remove(Task& task);
  // Ends the time of a finished task if it is over.
  void expire_if_due(Task& task);

  // Pages out results of which there are too many in memory; call when some may have come back from the disk for a
  // while. No task is touched that a delivery keeps.
  void page_out_excess();

  void tick();
  Instant next_wakeup() const;

  std::size_t kept() const;
  std::size_t kept_bytes() const;

 private:
  enum Kind : std::uint8_t { kNone, kWaiting, kDelivered, kDead, kTimed, kResident, kKinds };
  struct Shelf {
    TaskList tasks;
    std::size_t count = 0;
    std::size_t bytes = 0;
  };

  // Whether Core::run_deadlines() ends the task's time; tick() ends that of others.
  static bool has_deadline(const Task& task) {
    return task.finished->shelf == kTimed || task.finished->shelf == kResident;
  }
  Kind shelf_for(const Task& task) const;
  void release(Task& task);
  void shelve(Task& task, Kind kind);
  bool may_page_out(const Task& task) const;
  void page_out_excess(Shelf& shelf);
  void trim(Shelf& shelf, std::size_t most, std::size_t most_bytes);
  void expire(Task& task);
  void forget(Task& task);
  void erase(Task& task);

  BrokerState& state_;
  std::array<Shelf, kKinds> shelves_;
  DeadLetterShelf dead_letters_;  // the tasks of shelves_[kDead]
};

// Returns the bytes that a finished task takes in memory beyond its record.
std::size_t kept_size(const Task& task);

}  // namespace forkmill::broker
