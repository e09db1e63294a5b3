#include "broker/core/tasks/id_index.h"

#include <algorithm>
#include <utility>

#include "proto/check.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kFewest = 16;

// Mixes the bits well (the finalizer of MurmurHash3). Ids are random in their low half, unless a client makes others.
std::uint64_t hash_of(const TaskId& id) {
  std::uint64_t hash = std::hash<TaskId>{}(id);
  hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDULL;
  hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53ULL;
  return hash ^ hash >> 33;
}

}  // namespace

void IdIndex::insert(const TaskId& id, std::uint64_t value) {
  FORKMILL_CHECK(!id.is_nil());
  const std::uint64_t hash = hash_of(id);
  Shard& shard = shard_of(hash);
  // Shards begin with different sizes. Ids spread evenly, so shards of one size would all grow at the same time, and
  // all peers would wait.
  if (shard.slots.empty()) resize(shard, kFewest + static_cast<std::size_t>(&shard - shards_.data()) % kFewest);
  if (shard.used * 5 >= shard.slots.size() * 4) resize(shard, shard.slots.size() * 7 / 5);
  Slot& slot = shard.slots[locate(shard, id, hash)];
  FORKMILL_CHECK(slot.id.is_nil());
  slot = {id, value};
  ++shard.used;
  ++size_;
}

std::uint64_t* IdIndex::find(const TaskId& id) {
  return const_cast<std::uint64_t*>(std::as_const(*this).find(id));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

const std::uint64_t* IdIndex::find(const TaskId& id) const {
  const std::uint64_t hash = hash_of(id);
  const Shard& shard = shard_of(hash);
  if (shard.used == 0) return nullptr;
  const Slot& slot = shard.slots[locate(shard, id, hash)];
  return slot.id.is_nil() ? nullptr : &slot.value;
}

// Closes the gap: entries behind it that would not be found any more move up (Knuth, The Art of Computer Programming,
// volume 3, 6.4, algorithm R).
bool IdIndex::erase(const TaskId& id) {
  const std::uint64_t hash = hash_of(id);
  Shard& shard = shard_of(hash);
  if (shard.used == 0) return false;
  std::size_t gap = locate(shard, id, hash);
  if (shard.slots[gap].id.is_nil()) return false;
  const std::size_t count = shard.slots.size();
  for (std::size_t at = (gap + 1) % count; !shard.slots[at].id.is_nil(); at = (at + 1) % count) {
    const std::size_t wanted = home(shard, hash_of(shard.slots[at].id));
    const std::size_t from_home = (at + count - wanted) % count;
    const std::size_t from_gap = (at + count - gap) % count;
    if (from_home < from_gap) continue;
    shard.slots[gap] = shard.slots[at];
    gap = at;
  }
  shard.slots[gap] = {};
  --shard.used;
  --size_;
  if (shard.slots.size() > kFewest && shard.used * 4 < shard.slots.size()) {
    resize(shard, std::max(kFewest, shard.slots.size() / 2));
  }
  return true;
}

void IdIndex::visit(const std::function<void(const TaskId&, std::uint64_t)>& visitor) const {
  for (const Shard& shard : shards_)
    for (const Slot& slot : shard.slots)
      if (!slot.id.is_nil()) visitor(slot.id, slot.value);
}

std::size_t IdIndex::home(const Shard& shard, std::uint64_t hash) {
  const std::uint64_t low = hash & 0xFFFFFFFFULL;  // the highest byte has chosen the shard
  return static_cast<std::size_t>(low * shard.slots.size() >> 32);
}

void IdIndex::place(Shard& shard, const Slot& slot) { shard.slots[locate(shard, slot.id, hash_of(slot.id))] = slot; }

// Returns the place of the id, or the free place where it would be.
std::size_t IdIndex::locate(const Shard& shard, const TaskId& id, std::uint64_t hash) {
  std::size_t at = home(shard, hash);
  while (!shard.slots[at].id.is_nil() && shard.slots[at].id != id) at = at + 1 == shard.slots.size() ? 0 : at + 1;
  return at;
}

void IdIndex::resize(Shard& shard, std::size_t slots) {
  const std::vector<Slot> before = std::exchange(shard.slots, std::vector<Slot>(slots));
  for (const Slot& slot : before)
    if (!slot.id.is_nil()) place(shard, slot);
}

}  // namespace forkmill::broker
