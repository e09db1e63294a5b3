// IdIndex: maps task ids to 64-bit values in 24 bytes per entry, because there may be millions of them. The index is a
// hash table with linear probing, cut into shards so that growing moves a small part at a time.
#pragma once

#include <forkmill/task_id.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace forkmill::broker {

class IdIndex {
 public:
  // Adds an entry. The id must not be in the index, and must not be nil.
  void insert(const TaskId& id, std::uint64_t value);
  // Returns null if the id is not in the index. The pointer is valid until the next insert or erase.
  std::uint64_t* find(const TaskId& id);
  const std::uint64_t* find(const TaskId& id) const;
  bool erase(const TaskId& id);

  std::size_t size() const { return size_; }
  // Calls `visitor` with each entry, in no order.
  void visit(const std::function<void(const TaskId&, std::uint64_t)>& visitor) const;

 private:
  struct Slot {
    TaskId id;  // nil: free
    std::uint64_t value = 0;
  };
  struct Shard {
    std::vector<Slot> slots;
    std::size_t used = 0;
  };
  static constexpr std::size_t kShards = 256;

  static std::size_t home(const Shard& shard, std::uint64_t hash);
  static void place(Shard& shard, const Slot& slot);
  static std::size_t locate(const Shard& shard, const TaskId& id, std::uint64_t hash);
  static void resize(Shard& shard, std::size_t slots);
  Shard& shard_of(std::uint64_t hash) { return shards_[hash >> 56]; }
  const Shard& shard_of(std::uint64_t hash) const { return shards_[hash >> 56]; }

  std::array<Shard, kShards> shards_;
  std::size_t size_ = 0;
};

}  // namespace forkmill::broker
