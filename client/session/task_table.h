// TaskTable: the outstanding tasks of a session, from id to waiter. Up to millions of entries that come and go quickly:
// open addressing in one array, 32 bytes a slot, deletion by shifting back, so that nothing is allocated per task.
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "client/session/cookie.h"

namespace forkmill::client {

class TaskTable {
 public:
  enum class Phase : std::uint8_t {
    free,      // no entry
    queued,    // never sent, or rejected for now and to be sent again
    sent,      // sent and not acknowledged
    accepted,  // acknowledged
    orphaned,  // acknowledged in a session that the broker has lost: asked for by its id
    attached,  // asked for by its id, and not submitted here
  };
  struct Entry {
    TaskId id;
    Cookie cookie = 0;
    Phase phase = Phase::free;
  };

  Entry* find(const TaskId& id) {
    auto& slot = slots_[seek(id)];
    return slot.phase == Phase::free ? nullptr : &slot;
  }

  // Fetches the place of an id into the cache, for a find() some tasks later: among many tasks, that is what a search
  // costs.
  void prefetch(const TaskId& id) const { __builtin_prefetch(&slots_[home_of(id)]); }

  // Returns null, or, when the id is in the table already and nothing is changed, its entry.
  Entry* insert(const Entry& entry) {
    if ((size_ + 1) * 4 > slots_.size() * 3) resize(slots_.size() * 2);
    auto& slot = slots_[seek(entry.id)];
    if (slot.phase != Phase::free) return &slot;
    slot = entry;
    ++size_;
    return nullptr;
  }

  // Removes an entry that find() returned. Invalidates all pointers that find() has returned.
  void erase(Entry* entry) {
    auto hole = static_cast<std::size_t>(entry - slots_.data());
    for (auto next = after(hole); slots_[next].phase != Phase::free; next = after(next)) {
      // An entry may fill the hole unless that would put it before its home.
      const auto home = home_of(slots_[next].id);
      if (((next - home) & mask()) < ((next - hole) & mask())) continue;
      slots_[hole] = slots_[next];
      hole = next;
    }
    slots_[hole] = Entry{};
    --size_;
    if (slots_.size() > kSmallest && size_ * 32 < slots_.size()) resize(slots_.size() / 2);
  }

  template <class F>
  void for_each(F&& f) {
    for (auto& slot : slots_)
      if (slot.phase != Phase::free) f(slot);
  }
  std::size_t size() const { return size_; }
  void clear() { *this = TaskTable{}; }

 private:
  static constexpr std::size_t kSmallest = 512;

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t after(std::size_t at) const { return (at + 1) & mask(); }
  std::size_t home_of(const TaskId& id) const {
    std::uint64_t random = 0;  // the last eight bytes of an id are random
    std::memcpy(&random, id.bytes().data() + 8, sizeof random);
    return static_cast<std::size_t>(random * 0x9E3779B97F4A7C15ULL >> 20) & mask();
  }
  std::size_t seek(const TaskId& id) const {
    auto at = home_of(id);
    while (slots_[at].phase != Phase::free && slots_[at].id != id) at = after(at);
    return at;
  }
  void resize(std::size_t slots) {
    std::vector<Entry> old(slots);
    old.swap(slots_);
    for (auto& entry : old)
      if (entry.phase != Phase::free) slots_[seek(entry.id)] = entry;
  }

  std::vector<Entry> slots_ = std::vector<Entry>(kSmallest);
  std::size_t size_ = 0;
};

}  // namespace forkmill::client
