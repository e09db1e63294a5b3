#include "broker/store/journal/disk_room.h"

#include <algorithm>

#include "broker/store/journal/mutants.h"

namespace forkmill::broker {

namespace {

constexpr std::uint64_t kPage = 4096;  // about; what counts exactly asks SQLite

std::uint64_t length_of(const DataDir& directory, const std::string& path) {
  return file_size(directory.files(), path).value_or(0);
}

std::uint64_t bytes_of_pages(Database& database, const char* count) {
  return static_cast<std::uint64_t>(database.number(count) * database.number("PRAGMA page_size"));
}
std::uint64_t freed_bytes(Database& database) { return bytes_of_pages(database, "PRAGMA freelist_count"); }

// Returns the bytes that are written at most until the database has all commits and its journal is copied into it. A
// row goes into the database's journal and from there into the database, as do the pages that this journal has already.
// A removed row changes a page or two of those that the database has; the other pages of a large one are freed without
// being written.
std::uint64_t bytes_to_settle(const SegmentCycle& cycle, TaskDatabase& database) {
  constexpr std::uint64_t kBesides = 1024 * 1024;
  const DataDir& directory = database.directory();
  const std::uint64_t rows = cycle.newer().bytes() + cycle.moving().bytes();
  const std::uint64_t pages = 2 * kPage * (cycle.newer().size() + cycle.moving().size());
  const std::uint64_t to_copy = database.in_transaction() ? length_of(directory, directory.journal())
                                                          : kPage * database.database().journal_pages();
  return 2 * rows + std::min(pages, length_of(directory, directory.database())) + to_copy + kBesides;
}

}  // namespace

// Pages that only the database's journal has so far will make the file grow when they are copied into it.
std::uint64_t reusable_bytes(TaskDatabase& database) {
  const DataDir& directory = database.directory();
  const std::uint64_t freed = freed_bytes(database.database());
  const std::uint64_t all = bytes_of_pages(database.database(), "PRAGMA page_count");
  const std::uint64_t file = length_of(directory, directory.database());
  const std::uint64_t growth = all - std::min(all, file);
  return mutant(JournalMutant::unwritten_pages_counted) ? freed : freed - std::min(freed, growth);
}

bool make_room(SegmentCycle& cycle, TaskDatabase& database, std::size_t changes) {
  const DataDir& directory = database.directory();
  const auto free = directory.free_bytes();
  const bool unmeasured = mutant(JournalMutant::room_unmeasured);
  if (free && *free < bytes_to_settle(cycle, database) && !unmeasured) return false;
  if (!mutant(JournalMutant::room_unmoved) && !cycle.settle_by_step(changes)) return true;
  const std::uint64_t journal = length_of(directory, directory.journal());
  if (mutant(JournalMutant::journal_cut_uncopied)) {
    if (auto file = directory.files().open(directory.journal(), FileSystem::Open::write)) (void)file->truncate(0);
  }
  if (journal > 0 && freed_bytes(database.database()) >= journal) database.checkpoint(true);
  return false;
}

}  // namespace forkmill::broker
