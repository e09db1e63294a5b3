#include "worker/rules/process_slots.h"

#include <algorithm>

namespace forkmill::worker {

std::uint32_t ProcessSlots::allocate(std::uint64_t serial) {
  auto place = std::find_if(places_.begin(), places_.end(), [](const ProcessPlace& one) { return one.free; });
  if (place == places_.end()) place = places_.emplace(places_.end());
  place->free = false;
  place->serial = serial;
  return static_cast<std::uint32_t>(first_ + static_cast<std::size_t>(place - places_.begin()));
}

ProcessPlace* ProcessSlots::find(std::uint32_t slot) {
  return slot >= first_ && slot - first_ < places_.size() ? &places_[slot - first_] : nullptr;
}

const ProcessPlace* ProcessSlots::find(std::uint32_t slot) const {
  return slot >= first_ && slot - first_ < places_.size() ? &places_[slot - first_] : nullptr;
}

ProcessPlace* ProcessSlots::find(ChildKey child) {
  ProcessPlace* place = find(child.slot);
  return place != nullptr && place->child == child ? place : nullptr;
}

std::size_t ProcessSlots::attempts() const {
  return static_cast<std::size_t>(
      std::count_if(places_.begin(), places_.end(), [](const ProcessPlace& one) { return one.serial != 0; }));
}

}  // namespace forkmill::worker
