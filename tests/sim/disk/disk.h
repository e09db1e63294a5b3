// Disk: a file system in memory that keeps apart what was written and what is safe. A power cut leaves of everything
// that was not synced only some: writes whole, torn at sectors or pages, or not at all; names and sizes likewise.
//
// Operations can fail: each with a chance (`errors`), or all of them from some operation on (`operations`), as when a
// process is killed there. Changes that a failed sync should have made safe count as clean: later syncs leave them out.
//
// Threads: one. Lifetime: a disk outlives its files and the databases that SQLite has on it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/store/sqlite/file_system.h"
#include "tests/sim/disk/names.h"
#include "tests/sim/disk/node.h"
#include "tests/sim/disk/operations.h"
#include "tests/sim/world/disk_errors.h"
#include "tests/sim/world/random.h"

namespace forkmill::sim {

// The properties of one make of disk and file system.
struct DiskManners {
  bool names_in_order = true;       // names become safe in the order of their changes
  bool sync_takes_name = false;     // the sync of a file makes its name safe as well
  bool forgets_on_failure = false;  // after a failed sync processes read what is safe, not what was written
  std::uint64_t capacity = 1ULL << 30;
};

DiskManners draw_manners(Random& random);

// Deliberate faults, each for files whose names end with the suffix; empty: none.
struct DiskFaults {
  std::string ignored_syncs;   // syncs do nothing
  std::string ignored_writes;  // writes do nothing, from the second sync of the file on
  std::string failing_sync;    // the next sync fails; cleared by that
};

class DiskFile;
class Vfs;

class Disk final : public broker::FileSystem {
 public:
  Disk(std::uint64_t seed, DiskManners its_manners);
  ~Disk() override;

  const char* vfs() const override;
  std::unique_ptr<broker::OpenFile> open(const std::string& path, Open how) override;
  std::unique_ptr<DiskFile> open_file(const std::string& path, Open how);
  std::optional<Entry> look(const std::string& path) override;
  bool make_directory(const std::string& path) override;
  bool remove(const std::string& path) override;
  bool rename(const std::string& from, const std::string& to) override;
  bool sync(const std::string& path) override;
  std::optional<std::uint64_t> free_bytes(const std::string& path) override;

  DiskManners manners;
  DiskErrors errors;
  DiskFaults faults;
  DiskOperations operations;

  std::uint64_t used() const;
  // Ends the process that uses the disk: its files are closed and its locks are gone. What it wrote stays.
  void end_process();
  // The machine loses power, and the process ends.
  void cut_power();

  // The paths of all files, in order.
  std::vector<std::string> files() const;
  // Null: there is no such file or directory.
  DiskNode* node(const std::string& path) const { return names_.find(path).get(); }

 private:
  class Handle;
  bool sync_node(DiskNode& node, const std::string& path);

  DiskNames names_;
  std::uint64_t process_ = 1;  // counts processes; files of earlier ones do not work any more
  std::unique_ptr<Vfs> vfs_;
};

}  // namespace forkmill::sim
