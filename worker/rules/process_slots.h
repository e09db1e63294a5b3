// ProcessSlots: the places beyond the pool, for children that are forked for one attempt each. A place is taken when
// the attempt comes, has a child from `spawned` on, and is free again when that has died. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "worker/ipc/control_records.h"

namespace forkmill::worker {

inline constexpr std::size_t kMaxProcesses = 2048;

class ProcessSlots {
 public:
  // first: the number of the first place; those of the pool are below.
  explicit ProcessSlots(std::size_t first) : first_{first} {}

  bool has(std::uint32_t slot) const { return slot >= first_ && slot - first_ < places_.size(); }

  // A place for an attempt; its child is still to be forked.
  std::uint32_t take(std::uint64_t serial);
  void spawned(ChildKey key, std::uint32_t pid);
  // Nobody wants the attempt any more; the place is free when its child has died.
  void forget(std::uint32_t slot) { places_[slot - first_].serial = 0; }
  // The child died, or could not be forked. Returns the attempt, or 0.
  std::uint64_t gone(std::uint32_t slot);
  void clear() { places_.clear(); }

  // The attempt, or 0.
  std::uint64_t serial(std::uint32_t slot) const { return places_[slot - first_].serial; }
  // Empty: not forked yet.
  std::optional<ChildKey> key(std::uint32_t slot) const { return places_[slot - first_].key; }
  std::uint32_t pid(std::uint32_t slot) const { return places_[slot - first_].pid; }
  bool is(ChildKey key) const { return has(key.slot) && places_[key.slot - first_].key == key; }
  // Attempts in places.
  std::size_t count() const;
  template <class F>
  void for_each(F&& f) const {
    for (std::uint32_t i = 0; i < places_.size(); ++i)
      if (places_[i].serial != 0) f(static_cast<std::uint32_t>(first_ + i), places_[i].serial);
  }

 private:
  struct Place {
    bool taken = false;
    std::uint64_t serial = 0;
    std::optional<ChildKey> key;
    std::uint32_t pid = 0;
  };

  std::size_t first_;
  std::vector<Place> places_;
};

}  // namespace forkmill::worker
