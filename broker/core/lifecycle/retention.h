// Retention: for how long finished tasks are kept, and which go first when there are too many.
//
//   waiting    nobody has fetched the result: kept for result_ttl, counted in the queue's limits
//   delivered  fetched: kept for result_ttl as long as there is room (CoreOptions::kept_results), for those who attach
//              later
//   dead       failed, and fetched or over its time: kept with its arguments, as many as CoreOptions::dead_letters
//   timed      any of these with a result_ttl of its own, or a key: exactly that long
//
// Results that wait on disk when there are too many of them are put away, and come back when their time is over.
#pragma once

#include <array>
#include <cstddef>

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Retention {
 public:
  explicit Retention(BrokerState& state) : state_{state} {}

  // The task is finished and no delivery is under way.
  void keep(Task& task);
  // A finished task has come back from the disk.
  void restore(Task& task);
  // The task is to be forgotten: now, or when the deliveries that are under way have ended.
  void drop(Task& task);
  // For how long one that ended then is kept.
  Instant kept_until(const proto::TaskOptions& options, Instant ended) const;
  // The same of one that was found in the store.
  Instant kept_after_restart(const proto::TaskOptions& options, milliseconds finished_at) const;
  // A delivery begins: the task leaves its shelf.
  void remove(Task& task);
  // Something about a finished task was due.
  void expire_if_due(Task& task);

  void tick();
  Instant next_wakeup() const;

  std::size_t kept() const;
  std::size_t kept_bytes() const;
  std::size_t dead() const { return shelves_[kDead].count; }

 private:
  enum Kind : std::uint8_t { kNone, kWaiting, kDelivered, kDead, kTimed, kKinds };
  struct Shelf {
    TaskList tasks;
    std::size_t count = 0;
    std::size_t bytes = 0;
  };

  Kind shelf_for(const Task& task) const;
  void shelve(Task& task, Kind kind);
  void put_away_excess(Shelf& shelf);
  void trim(Shelf& shelf, std::size_t most, std::size_t most_bytes);
  void expire(Task& task);
  void forget(Task& task);

  BrokerState& state_;
  std::array<Shelf, kKinds> shelves_;
};

// What a finished task takes in memory beyond its record.
std::size_t kept_size(const Task& task);

}  // namespace forkmill::broker
