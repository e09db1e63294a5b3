// Storage: where a simulated broker keeps its durable data: in memory that outlives the broker, or with SQLite on a
// disk that fails (disk/disk.h). The end of a broker may take its machine along, and with that what was not synced.
#pragma once

#include <memory>
#include <optional>

#include "broker/store/store.h"
#include "broker/store/store_service.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class Disk;

class Storage {
 public:
  explicit Storage(World& world);
  // A store that outlives the broker, and does not fail but when the broker has lost it to another one.
  Storage(World& world, std::unique_ptr<broker::Store> store);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // Returns the store for the broker's start number `start`, not open yet.
  broker::Store& begin(std::uint64_t start);
  // The store that begin() returned last.
  broker::Store& store() { return *store_; }
  // Call when the store is open. The disk may fail from the first call on, not before: after a power cut, the rest of a
  // first start that failed may look like another program's file, and is refused for good.
  void opened();
  // Call when the process is about to die: its disk operations from now on may be cut off anywhere.
  void begin_to_die();
  // Call when the process has ended, in order or not.
  void end(bool orderly);

  // Whether the disk has given the store a reason to fail.
  bool may_fail() const;
  // Whether the disk is full, by the rule of StoreService: the pages of tasks that are gone are room. The reserve is
  // too small here for Store::make_room() to do anything.
  bool full();
  // Until then, other programs take nearly all of the room, or all of it.
  void crowd(Instant until);
  // Makes room; the disk does not fail any more.
  void mend();

 private:
  void make_room();

  World& world_;
  Random random_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<broker::Store> store_;
  std::uint64_t failed_before_ = 0;
  std::optional<broker::DiskWatch> watch_;  // none: no store
  bool opened_ = false;                     // at least once
};

}  // namespace forkmill::sim
