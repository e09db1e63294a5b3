#include "worker/rules/process_slots.h"

#include <algorithm>

namespace forkmill::worker {

std::uint32_t ProcessSlots::take(std::uint64_t serial) {
  auto free = std::find_if(places_.begin(), places_.end(), [](const Place& place) { return !place.taken; });
  if (free == places_.end()) free = places_.insert(places_.end(), Place{});
  *free = {true, serial, std::nullopt, 0};
  return static_cast<std::uint32_t>(first_ + static_cast<std::size_t>(free - places_.begin()));
}

void ProcessSlots::spawned(ChildKey key, std::uint32_t pid) {
  Place& place = places_[key.slot - first_];
  place.key = key;
  place.pid = pid;
}

std::uint64_t ProcessSlots::gone(std::uint32_t slot) {
  const std::uint64_t serial = places_[slot - first_].serial;
  places_[slot - first_] = {};
  return serial;
}

std::size_t ProcessSlots::count() const {
  return static_cast<std::size_t>(
      std::count_if(places_.begin(), places_.end(), [](const Place& place) { return place.serial != 0; }));
}

}  // namespace forkmill::worker
