// IdIndex: from task ids to 64 bits of the user's, in 24 bytes an entry. Millions of them are the reason that it
// exists: a hash table with linear probing, cut into shards so that growing moves a small part at a time.
#pragma once

#include <forkmill/task_id.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace forkmill::broker {

class IdIndex {
 public:
  // The id must not be there, nor be nil.
  void insert(const TaskId& id, std::uint64_t value);
  // Null: it is not there. Good until the next insert or erase.
  std::uint64_t* find(const TaskId& id);
  const std::uint64_t* find(const TaskId& id) const;
  bool erase(const TaskId& id);

  std::size_t size() const { return size_; }
  // In no order.
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
