#include "tests/sim/disk/trial/room.h"

#include <algorithm>

#include "broker/store/journal/journal_store.h"
#include "broker/store/sqlite/schema.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

namespace {

std::string_view bytes_of(const Disk& disk, const std::string& path) {
  const DiskNode* node = disk.node(path);
  return node == nullptr ? std::string_view{} : node->bytes();
}

// A disk without faults that has copies of the database, its own journal and the head. The store's journal is empty
// there.
class DatabaseCopy {
 public:
  explicit DatabaseCopy(const Disk& from) {
    for (const std::string& path : {kPlace, kDirectory}) disk.make_directory(path);
    for (const std::string& path : {kDatabase, kJournal, kHead})
      if (const auto bytes = bytes_of(from, path); !bytes.empty())
        disk.open(path, broker::FileSystem::Open::make)->write(0, bytes);
    for (const char* which : {"0", "1"}) disk.open(kSegments + which, broker::FileSystem::Open::make);
  }
  Disk disk{1, {}};
};

}  // namespace

bool Room::make() {
  Subject& s = subject_;
  if (s.model.pending() && !steps_.commit()) return false;
  s.say("the store makes room");
  for (;;) {
    const auto more = take_step();
    if (!more.ok()) return !s.failed(more.failure());
    if (!more.value()) break;
    if (s.random.chance(0.1)) return true;
    if (s.random.chance(0.5) && !(steps_.apply() && steps_.commit())) return false;
  }
  if (s.life.cramped) return true;  // the disk may have had no room for it
  check_moved();
  check_reusable();
  ++s.counts.rooms;
  return true;
}

// The store knows how much it is about to write, and leaves it where the disk has no room for that.
proto::Result<bool> Room::take_step() {
  const DiskOperations& operations = subject_.disk.operations;
  const std::uint64_t full = operations.full();
  const std::uint64_t unlucky = operations.failed() - full;
  auto more = subject_.store->make_room();
  if (operations.full() != full && operations.failed() - operations.full() == unlucky)
    throw Violation{"a store that makes room fills the disk"};
  return more;
}

void Room::check_moved() {
  const Subject& s = subject_;
  if (s.damaged) return;
  DatabaseCopy copy{s.disk};
  broker::JournalStore store{broker::JournalOptions{{kDirectory, "unused", 1 << 20, &copy.disk}, kJournalKey}};
  if (const auto identity = store.open(); !identity.ok())
    throw Violation{"a store has made room, but its database does not open alone: " + identity.failure().text};
  proto::Status status;
  const std::string text = difference(s.model.now(), store, status);
  if (!status.ok()) throw Violation{"a store has made room, but its database cannot be read: " + status.failure().text};
  if (!text.empty()) throw Violation{"a store has made room, but its database differs: " + text};
}

void Room::check_reusable() {
  const Subject& s = subject_;
  if (s.damaged) return;
  const std::uint64_t said = s.store->reusable_bytes();
  DatabaseCopy copy{s.disk};
  const auto database = broker::open_database(kDatabase, broker::Database::Open::existing, copy.disk);
  if (const auto text = database->text("PRAGMA integrity_check"); text != "ok")
    throw Violation{"the database has faults: " + text};
  const auto bytes_of_pages = [&](const char* count) {
    return static_cast<std::uint64_t>(database->number(count) * database->number("PRAGMA page_size"));
  };
  const std::uint64_t freed = bytes_of_pages("PRAGMA freelist_count");
  const std::uint64_t taken = bytes_of_pages("PRAGMA page_count") - freed;
  const std::uint64_t file = bytes_of(s.disk, kDatabase).size();
  if (said > freed || said > file - std::min(file, taken))
    throw Violation{"the files can take " + std::to_string(said) + " bytes without growing, says the store, but " +
                    std::to_string(freed) + " are free, and the file has " + std::to_string(file) + " for " +
                    std::to_string(taken)};
}

}  // namespace forkmill::sim
