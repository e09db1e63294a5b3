// LockHolding: how often, by which thread and under which token this client holds a lock. LockHoldings: those of all
// locks of a client. All handles of one lock share its holding, however each of them was opened: by name, from an
// argument, or with a condition. (Units of semaphores: semaphore_units.h.) Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "client/shards/object_numbers.h"
#include "proto/limits.h"

namespace forkmill::client {

// Losses: how often the broker of each shard may have given to others what this client held of its objects.
class Losses {
 public:
  void count(std::uint32_t shard) { ++by_shard_[shard - 1]; }
  const std::atomic<std::uint64_t>& of(std::uint64_t object) const { return by_shard_[shard_of_object(object) - 1]; }

 private:
  std::array<std::atomic<std::uint64_t>, proto::limits::kMaxShards> by_shard_{};
};

// A number for the calling thread: "who" in operations.
std::uint64_t this_thread_number();

class LockHolding {
 public:
  // The hold of one thread.
  struct Held {
    std::uint64_t who = 0;
    std::int64_t token = 0;
    std::int64_t count = 0;    // 0: nothing
    std::uint64_t losses = 0;  // Losses::of() the lock when it was acquired
  };

  // losses: Losses::of() the lock; outlives this.
  explicit LockHolding(const std::atomic<std::uint64_t>& losses) : losses_{losses} {}

  void acquired(std::int64_t token, std::uint64_t thread);
  // Puts back what release_one() or release_all() have returned.
  void restore(const Held& held);
  // Releases what this thread holds, and returns it.
  Held release_all(std::uint64_t thread);
  // Releases one of what is held, and returns what was held before. Throws LeaseLost{name} if the client has lost it.
  Held release_one(const std::string& name);
  // Call when the thread has the lock again after a wait for a condition, as often as in `before`.
  void resume(Held before, std::int64_t token, std::uint64_t thread);
  // 0: the lock is not held, or was lost.
  std::int64_t token() const;

 private:
  bool is_lost() const { return held_.losses != losses_; }

  const std::atomic<std::uint64_t>& losses_;
  mutable std::mutex mutex_;
  Held held_;
};

class LockHoldings {
 public:
  explicit LockHoldings(const Losses& losses) : losses_{losses} {}

  // The holding of the lock with that number, for one handle more; return it with remove_handle().
  std::shared_ptr<LockHolding> add_handle(std::uint64_t lock);
  // A holding is kept without a handle while the lock is held.
  void remove_handle(std::uint64_t lock, std::shared_ptr<LockHolding> holding);
  // Call when the lock was removed.
  void forget(std::uint64_t lock);

 private:
  const Losses& losses_;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<LockHolding>> holdings_;
};

}  // namespace forkmill::client
