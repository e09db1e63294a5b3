// Storage: where a simulated broker keeps what is durable: in memory that outlives it, or with SQLite on a disk that
// fails (disk/disk.h). A broker that ends takes its machine along at times, and what was not synced with that.
#pragma once

#include <memory>

#include "broker/store/store.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class Disk;

class Storage {
 public:
  explicit Storage(World& world);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // The store of another start of the broker, not open yet.
  broker::Store& begin(std::uint64_t start);
  // It is open. The disk fails from the first time on: what is left of a first start that failed may look like somebody
  // else's file after a power cut, and is refused for good.
  void opened();
  // The process has little time left: what it does from now on may be cut off anywhere.
  void begin_to_die();
  // It is gone; in order, or not.
  void end(bool orderly);

  // Whether its disk has given this store a reason to fail.
  bool may_fail() const;
  // As StoreThread has it.
  bool full();
  // Somebody else takes nearly all the room there is, or all of it.
  void crowd();
  void make_room();
  // Nothing goes wrong any more.
  void mend();

 private:
  World& world_;
  Random random_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<broker::Store> store_;
  std::uint64_t failed_before_ = 0;
  bool full_ = false;
  bool opened_ = false;  // once
};

}  // namespace forkmill::sim
