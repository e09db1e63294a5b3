// ProcessSlots: the places beyond the pool, for children that are forked for one attempt each. A place is allocated
// when the attempt comes, has a child once that is forked, and is free again when the child has died. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "proto/wire/messages.h"
#include "worker/ipc/control_records.h"
#include "worker/rules/scaling/max_children.h"

namespace forkmill::worker {

inline constexpr std::size_t kMaxProcesses = 2048;

// Places for children of a pool that starts with `processes` children: how many it may have later. Children beyond the
// pool have places behind these.
constexpr std::size_t pool_places(std::size_t processes) {
  constexpr std::size_t kFactor = 4;
  return processes * kFactor < kMaxChildren ? processes * kFactor : kMaxChildren;
}

struct ProcessPlace {
  bool free = true;
  std::uint64_t serial = 0;       // the attempt; 0: it is not wanted any more, and the child has still to die
  std::optional<ChildKey> child;  // empty: not forked yet
  std::uint32_t pid = 0;
  bool born = false;
  std::vector<int> signals;                     // to send once the child is forked
  std::optional<proto::OutcomeRecord> outcome;  // to report once the child has died
  std::optional<std::string> short_of;          // the handler could not begin: to hand back once the child has died
};

class ProcessSlots {
 public:
  // first: the number of the first place. Those of the pool are below.
  explicit ProcessSlots(std::size_t first) : first_{first} {}

  // Returns the slot of a free place, which is now the attempt's.
  std::uint32_t allocate(std::uint64_t serial);
  void clear() { places_.clear(); }

  // Null: no such place was ever allocated.
  ProcessPlace* find(std::uint32_t slot);
  const ProcessPlace* find(std::uint32_t slot) const;
  // Null: that child is in no place.
  ProcessPlace* find(ChildKey child);

  // How many attempts have a place.
  std::size_t attempts() const;
  // Calls f(place) for each place that an attempt has.
  template <class F>
  void for_each(F&& f) {
    for (ProcessPlace& place : places_)
      if (place.serial != 0) f(place);
  }
  template <class F>
  void for_each(F&& f) const {
    for (const ProcessPlace& place : places_)
      if (place.serial != 0) f(place);
  }

 private:
  std::size_t first_;
  std::vector<ProcessPlace> places_;
};

}  // namespace forkmill::worker
