// ShardedTable: a hash table of small slots with linear probing, for millions of entries. It is cut into shards, so
// that growing moves a small part at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "proto/check.h"

namespace forkmill::broker {

// HashRange: the entries of one shard whose hashes have a low half from `from` on and before `to`. An entry stays in
// its range while others come and go, wherever they push it: a visit of all ranges, one after another, sees each entry
// that is there all the time once.
struct HashRange {
  static constexpr std::size_t kShards = 256;
  static constexpr std::uint64_t kEnd = std::uint64_t{1} << 32;  // behind the last low half

  std::size_t shard = 0;
  std::uint64_t from = 0;
  std::uint64_t to = kEnd;  // more than `from`
};

// A `Slot` is free when it is made, and has
//
//     bool is_free() const;
//     std::uint32_t low_hash() const;   // the low half of the hash of its entry
//
// Entries are found by their hash, and by a function that says whether a slot has the entry.
template <class Slot>
class ShardedTable {
 public:
  // Adds an entry that is not in the table.
  template <class IsIt>
  void insert(std::uint64_t hash, const Slot& entry, const IsIt& is_it) {
    Shard& shard = shard_of(hash);
    // Shards begin with different sizes. Entries spread evenly, so shards of one size would all grow at the same time,
    // and all peers would wait.
    if (shard.slots.empty()) resize(shard, kFewest + static_cast<std::size_t>(&shard - shards_.data()) % kFewest);
    if (shard.used * 5 >= shard.slots.size() * 4) resize(shard, shard.slots.size() * 7 / 5);
    Slot& slot = shard.slots[locate(shard, static_cast<std::uint32_t>(hash), is_it)];
    FORKMILL_CHECK(slot.is_free());
    slot = entry;
    ++shard.used;
    ++size_;
  }

  // Returns null if the entry is not in the table. The pointer is valid until the next insert or erase.
  template <class IsIt>
  const Slot* find(std::uint64_t hash, const IsIt& is_it) const {
    const Shard& shard = shards_[hash >> kShardAt];
    if (shard.used == 0) return nullptr;
    const Slot& slot = shard.slots[locate(shard, static_cast<std::uint32_t>(hash), is_it)];
    return slot.is_free() ? nullptr : &slot;
  }
  template <class IsIt>
  Slot* find(std::uint64_t hash, const IsIt& is_it) {
    return const_cast<Slot*>(std::as_const(*this).find(hash, is_it));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }

  // Returns what was erased; a free slot: the entry is not in the table. Closes the gap: entries behind it that would
  // not be found any more move up (Knuth, The Art of Computer Programming, volume 3, 6.4, algorithm R).
  template <class IsIt>
  Slot erase(std::uint64_t hash, const IsIt& is_it) {
    Shard& shard = shard_of(hash);
    if (shard.used == 0) return {};
    std::size_t gap = locate(shard, static_cast<std::uint32_t>(hash), is_it);
    if (shard.slots[gap].is_free()) return {};
    const Slot erased = shard.slots[gap];
    const std::size_t count = shard.slots.size();
    for (std::size_t at = after(shard, gap); !shard.slots[at].is_free(); at = after(shard, at)) {
      const std::size_t wanted = home(shard, shard.slots[at].low_hash());
      if (distance(wanted, at, count) < distance(gap, at, count)) continue;
      shard.slots[gap] = shard.slots[at];
      gap = at;
    }
    shard.slots[gap] = {};
    --shard.used;
    --size_;
    if (shard.slots.size() > kFewest && shard.used * 4 < shard.slots.size())
      resize(shard, std::max(kFewest, shard.slots.size() / 2));
    return erased;
  }

  std::size_t size() const { return size_; }
  // Calls `visitor` with the slot of each entry, in no order.
  template <class Visitor>
  void visit(const Visitor& visitor) const {
    for (const Shard& shard : shards_)
      for (const Slot& slot : shard.slots)
        if (!slot.is_free()) visitor(slot);
  }
  // The same for the entries of a range; takes the time for its part of slots().
  template <class Visitor>
  void visit(const HashRange& range, const Visitor& visitor) const {
    const Shard& shard = shards_[range.shard];
    if (shard.used == 0) return;
    const std::size_t count = shard.slots.size();
    const std::size_t first = home(shard, static_cast<std::uint32_t>(range.from));
    const std::size_t last = home(shard, static_cast<std::uint32_t>(range.to - 1));
    // An entry is in its home, or behind it with no free slot between.
    for (std::size_t i = 0, at = first; i < count; ++i, at = after(shard, at)) {
      const Slot& slot = shard.slots[at];
      if (slot.is_free() && i > last - first) return;
      if (!slot.is_free() && slot.low_hash() >= range.from && slot.low_hash() < range.to) visitor(slot);
    }
  }
  // How many slots the shard has, free ones included.
  std::size_t slots(std::size_t shard) const { return shards_[shard].slots.size(); }

 private:
  struct Shard {
    std::vector<Slot> slots;
    std::size_t used = 0;
  };
  static constexpr unsigned kShardAt = 56;  // the highest byte of the hash chooses the shard
  static constexpr std::size_t kFewest = 16;

  static std::size_t home(const Shard& shard, std::uint32_t low) {
    return static_cast<std::size_t>(std::uint64_t{low} * shard.slots.size() >> 32);
  }
  static std::size_t after(const Shard& shard, std::size_t at) { return at + 1 == shard.slots.size() ? 0 : at + 1; }
  // How many places `to` comes behind `from`, of `count` in a circle.
  static std::size_t distance(std::size_t from, std::size_t to, std::size_t count) {
    return to >= from ? to - from : to + count - from;
  }
  // Returns the place of the entry, or the free place where it would be.
  template <class IsIt>
  static std::size_t locate(const Shard& shard, std::uint32_t low, const IsIt& is_it) {
    std::size_t at = home(shard, low);
    while (!shard.slots[at].is_free() && !is_it(shard.slots[at])) at = after(shard, at);
    return at;
  }
  static void resize(Shard& shard, std::size_t slots) {
    const std::vector<Slot> before = std::exchange(shard.slots, std::vector<Slot>(slots));
    for (const Slot& slot : before)
      if (!slot.is_free()) shard.slots[locate(shard, slot.low_hash(), [](const Slot&) { return false; })] = slot;
  }
  Shard& shard_of(std::uint64_t hash) { return shards_[hash >> kShardAt]; }

  std::array<Shard, HashRange::kShards> shards_;
  std::size_t size_ = 0;
};

}  // namespace forkmill::broker
