#include "tests/sim/nodes/storage.h"

#include <sqlite3.h>

#include <utility>

#include "broker/store/journal/journal_store.h"
#include "broker/store/memory_store.h"
#include "tests/sim/disk/disk.h"

namespace forkmill::sim {

namespace {

constexpr std::uint64_t kRoom = 1ULL << 32;
constexpr std::uint64_t kReserve = 256 * 1024;

}  // namespace

Storage::Storage(World& world) : world_{world}, random_{world.options.seed ^ 0xD15C} {
  if (!world_.options.disk.sqlite) return;
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, 7, nullptr);
  disk_ = std::make_unique<Disk>(random_.next(), draw_manners(random_));
  disk_->manners.capacity = kRoom;
}

Storage::Storage(World& world, std::unique_ptr<broker::Store> store)
    : world_{world}, random_{world.options.seed ^ 0xD15C}, store_{std::move(store)} {}

Storage::~Storage() = default;

broker::Store& Storage::begin(std::uint64_t start) {
  const std::string id = "store-" + std::to_string(start);
  if (disk_) {
    failed_before_ = disk_->operations.failed();
    const std::uint64_t bytes = world_.options.disk.checkpoint_bytes;
    store_ =
        std::make_unique<broker::JournalStore>(broker::JournalOptions{{"/data", id, bytes, disk_.get()}, start, bytes});
  } else if (store_ == nullptr || !world_.options.durable) {
    store_ = std::make_unique<broker::MemoryStore>(id, world_.options.durable,
                                                   proto::Epoch{world_.options.durable ? 0 : start});
  }
  watch_.emplace(*store_, kReserve);
  return *store_;
}

void Storage::opened() {
  if (disk_ && !opened_) disk_->errors = world_.options.disk.errors;
  opened_ = true;
}

void Storage::begin_to_die() {
  if (disk_) disk_->operations.stop_after(random_.below(80));
}

void Storage::end(bool orderly) {
  if (!disk_) return;
  if (orderly)
    disk_->operations.run_on();
  else
    disk_->operations.stop_after(0);
  watch_.reset();
  store_.reset();
  disk_->end_process();
  const bool power = random_.chance(world_.options.disk.power);
  if (power) disk_->cut_power();
  world_.trace.note(world_.now(), "disk", (power ? "without power, " : "") + std::to_string(disk_->operations.hash()));
}

bool Storage::may_fail() const {
  return disk_ && (disk_->operations.stopped() || disk_->operations.failed() > failed_before_);
}

bool Storage::full() {
  watch_->look();
  return watch_->full();
}

void Storage::crowd(Instant until) {
  if (disk_) disk_->manners.capacity = disk_->used() + random_.below(random_.chance(0.3) ? kReserve / 8 : kReserve);
  world_.at(until, [this] { make_room(); });
}

void Storage::make_room() {
  if (disk_) disk_->manners.capacity = kRoom;
}

void Storage::mend() {
  make_room();
  if (disk_) disk_->errors = {};
}

}  // namespace forkmill::sim
