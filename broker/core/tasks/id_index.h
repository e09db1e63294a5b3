// IdIndex: maps task ids to 64-bit values in 24 bytes per entry, because there may be millions of them.
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <functional>
#include <utility>

#include "broker/core/tasks/sharded_table.h"
#include "proto/check.h"

namespace forkmill::broker {

// Mixes the bits well (the finalizer of MurmurHash3). Ids are random in their low half, unless a client makes others.
inline std::uint64_t hash_of(const TaskId& id) {
  std::uint64_t hash = std::hash<TaskId>{}(id);
  hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDULL;
  hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53ULL;
  return hash ^ hash >> 33;
}

class IdIndex {
 public:
  // Adds an entry. The id must not be in the index, and must not be nil.
  void insert(const TaskId& id, std::uint64_t value) {
    FORKMILL_CHECK(!id.is_nil());
    table_.insert(hash_of(id), {id, value}, Is{id});
  }
  // Returns null if the id is not in the index. The pointer is valid until the next insert or erase.
  std::uint64_t* find(const TaskId& id) {
    Slot* slot = table_.find(hash_of(id), Is{id});
    return slot == nullptr ? nullptr : &slot->value;
  }
  const std::uint64_t* find(const TaskId& id) const {
    const Slot* slot = table_.find(hash_of(id), Is{id});
    return slot == nullptr ? nullptr : &slot->value;
  }
  // Returns false if the id is not in the index.
  bool erase(const TaskId& id) { return !table_.erase(hash_of(id), Is{id}).is_free(); }

  std::size_t size() const { return table_.size(); }
  // Calls `visitor` with each entry, in no order.
  void visit(const std::function<void(const TaskId&, std::uint64_t)>& visitor) const {
    table_.visit([&](const Slot& slot) { visitor(slot.id, slot.value); });
  }
  // The same for the entries of a range.
  void visit(const HashRange& range, const std::function<void(const TaskId&, std::uint64_t)>& visitor) const {
    table_.visit(range, [&](const Slot& slot) { visitor(slot.id, slot.value); });
  }
  std::size_t slots(std::size_t shard) const { return table_.slots(shard); }

 private:
  struct Slot {
    TaskId id;  // nil: free
    std::uint64_t value = 0;
    bool is_free() const { return id.is_nil(); }
    std::uint32_t low_hash() const { return static_cast<std::uint32_t>(hash_of(id)); }
  };
  struct Is {
    const TaskId& id;
    bool operator()(const Slot& slot) const { return slot.id == id; }
  };

  ShardedTable<Slot> table_;
};

}  // namespace forkmill::broker
