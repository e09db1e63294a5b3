// TaskSlab: the tasks that are in memory, by id. Their places never move. They lie in pages, so that a task costs no
// allocation, its own size, and 8 bytes for a slot by which it is found; the place of a task that is gone serves the
// next one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "broker/core/tasks/id_index.h"
#include "broker/core/tasks/sharded_table.h"
#include "broker/core/tasks/task.h"
#include "proto/check.h"

namespace forkmill::broker {

class TaskSlab {
 public:
  // Returns a task with nothing but that id, valid until remove(). The id must not be here, and must not be nil.
  Task& add(const TaskId& id) {
    FORKMILL_CHECK(!id.is_nil());
    const std::uint32_t place = allocate();
    Task& task = at(place);
    task.id = id;
    const std::uint64_t hash = hash_of(id);
    by_id_.insert(hash, {place, static_cast<std::uint32_t>(hash)}, IsOf{*this, id, static_cast<std::uint32_t>(hash)});
    return task;
  }
  // Returns null if not found.
  Task* find(const TaskId& id) const {
    const std::uint64_t hash = hash_of(id);
    const Slot* slot = by_id_.find(hash, IsOf{*this, id, static_cast<std::uint32_t>(hash)});
    return slot == nullptr ? nullptr : &at(slot->place);
  }
  // Resets the task: its number becomes 0, by which each TaskRef sees that it is gone.
  void remove(Task& task) {
    const std::uint64_t hash = hash_of(task.id);
    const std::uint32_t place = by_id_.erase(hash, IsOf{*this, task.id, static_cast<std::uint32_t>(hash)}).place;
    std::destroy_at(&task);
    std::construct_at(&task);
    task.next_free = free_;
    free_ = place;
  }

  std::size_t size() const { return by_id_.size(); }

  // Calls `visitor` with each task, in no order.
  template <class F>
  void visit(F&& visitor) const {
    for (std::uint32_t place = 1; place <= used_; ++place)
      if (const Task& task = at(place); task.seq) visitor(task);
  }
  // The same for the tasks whose ids have hashes in the range.
  template <class F>
  void visit(const HashRange& range, F&& visitor) const {
    by_id_.visit(range, [&](const Slot& slot) { visitor(std::as_const(at(slot.place))); });
  }
  std::size_t slots(std::size_t shard) const { return by_id_.slots(shard); }

  // Calls `visitor` with the task of each place from `place` on that has one, `most` places at most, and sets `place`
  // to where to go on. Begins at 0. Returns false when it has come to the end.
  template <class F>
  bool visit_some(std::size_t& place, std::size_t most, F&& visitor) {
    for (const std::size_t end = std::min<std::size_t>(used_, place + most); place < end; ++place)
      if (Task& task = at(static_cast<std::uint32_t>(place + 1)); task.seq) visitor(task);
    return place < used_;
  }
  // The same the other way round, so that new tasks mostly come first: visits places before `place`. Begins at the
  // largest number.
  template <class F>
  bool visit_back(std::size_t& place, std::size_t most, F&& visitor) {
    place = std::min<std::size_t>(place, used_);
    for (const std::size_t end = place - std::min(place, most); place > end; --place)
      if (Task& task = at(static_cast<std::uint32_t>(place)); task.seq) visitor(task);
    return place > 0;
  }

 private:
  // Where a task is. Its id is looked at only if this part of the hash is right.
  struct Slot {
    std::uint32_t place = 0;  // 0: free
    std::uint32_t low = 0;
    bool is_free() const { return place == 0; }
    std::uint32_t low_hash() const { return low; }
  };
  struct IsOf {
    const TaskSlab& slab;
    const TaskId& id;
    std::uint32_t low;
    bool operator()(const Slot& slot) const { return slot.low == low && slab.at(slot.place).id == id; }
  };
  static constexpr std::size_t kPage = 64;  // tasks
  using Page = std::array<Task, kPage>;

  // Places have numbers from 1 on.
  Task& at(std::uint32_t place) const { return pages_[(place - 1) / kPage][(place - 1) % kPage]; }
  std::uint32_t allocate() {
    if (free_ != 0) {
      const std::uint32_t place = free_;
      free_ = at(place).next_free;
      at(place).links = {};
      return place;
    }
    FORKMILL_CHECK(used_ < ~std::uint32_t{0});
    if (used_ == pages_.size() * kPage) pages_.emplace_back();
    return ++used_;
  }

  mutable std::deque<Page> pages_;  // find() is const for the table, not for the tasks
  std::uint32_t used_ = 0;          // places that were ever used
  std::uint32_t free_ = 0;          // the first place of a list through Task::next_free; 0: none
  ShardedTable<Slot> by_id_;
};

}  // namespace forkmill::broker
