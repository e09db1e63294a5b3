// LockHolding: how often, by which thread and under which token a lock is held through the handles of one object.
// (Units of semaphores: engine/semaphore_units.h.) Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "client/engine/holdings.h"

namespace forkmill::client {

// A number for the calling thread: "who" in operations.
std::uint64_t this_thread_number();

class LockHolding {
 public:
  // The hold of one thread.
  struct Held {
    std::uint64_t who = 0;
    std::int64_t token = 0;
    std::int64_t count = 0;    // 0: nothing
    std::uint64_t losses = 0;  // Holdings::losses() when it was acquired
  };

  explicit LockHolding(const Holdings& holdings) : holdings_{holdings} {}

  void acquired(std::int64_t token);
  // Puts back what release_one() or release_all() have returned.
  void restore(const Held& held);
  Held release_all();
  // Releases one of what is held, and returns what was held before. Throws LeaseLost{name} if the client has lost it.
  Held release_one(const std::string& name);
  // 0: the lock is not held, or was lost.
  std::int64_t token() const;

 private:
  bool is_lost() const { return held_.losses != holdings_.losses(); }

  const Holdings& holdings_;
  mutable std::mutex mutex_;
  Held held_;
};

}  // namespace forkmill::client
