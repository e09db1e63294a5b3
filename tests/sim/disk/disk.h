// Disk: a file system in memory that keeps apart what was written and what is safe. A power cut leaves of everything
// that was not synced some of it: writes whole, torn at sectors or pages, or not at all; names and sizes likewise.
//
// It can be told to fail: each operation with a chance, or all of them from some operation on, as when a process is
// killed there. After a sync that failed, what it should have made safe counts as clean: later syncs leave it out.
//
// One thread. A disk outlives its files and the databases that SQLite has on it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/store/sqlite/file_system.h"
#include "tests/sim/world/disk_errors.h"
#include "tests/sim/world/random.h"

namespace forkmill::sim {

// What this make of disk and file system is like.
struct DiskManners {
  bool names_in_order = true;       // names become safe in the order in which they changed
  bool sync_takes_name = false;     // a synced file's name is safe as well
  bool forgets_on_failure = false;  // after a failed sync one reads what is safe, not what was written
  std::uint64_t capacity = 1ULL << 30;
};

// Deliberate faults of disks, or of whoever tells them to sync, that nobody can do anything about but find them out.
struct DiskLies {
  std::string sync_of;    // files whose names end like this: their syncs do nothing
  std::string writes_to;  // likewise: what is written to them is gone, from the second sync on
};

class DiskFile;
class Vfs;

class Disk final : public broker::FileSystem {
 public:
  Disk(std::uint64_t seed, DiskManners manners);
  ~Disk() override;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  const char* vfs() const override;
  std::unique_ptr<broker::OpenFile> open(const std::string& path, Open how) override;
  std::unique_ptr<DiskFile> open_file(const std::string& path, Open how);
  std::optional<Entry> look(const std::string& path) override;
  bool make_directory(const std::string& path) override;
  bool remove(const std::string& path) override;
  bool rename(const std::string& from, const std::string& to) override;
  bool sync(const std::string& path) override;
  std::optional<std::uint64_t> free_bytes(const std::string& path) override;

  DiskErrors errors;
  DiskLies lies;
  void set_capacity(std::uint64_t bytes) { manners_.capacity = bytes; }
  std::uint64_t used() const;

  // The next sync of a file whose name ends like this.
  void fail_sync_of(std::string suffix) { failing_ = std::move(suffix); }
  // After so many more operations nothing works any more, until the process ends.
  void stop_after(std::uint64_t operations) { fuse_ = operations + 1; }
  void run_on() { fuse_ = 0; }
  bool stopped() const { return stopped_; }
  // The process is gone, and with it what it had open or locked. What it wrote stays.
  void end_process();
  // The machine is gone as well.
  void cut_power();

  // The files, by name; for those who want to harm them.
  std::vector<std::string> files() const;
  std::uint64_t size(const std::string& path) const;
  void flip(const std::string& path, std::uint64_t bit);
  void cut_short(const std::string& path, std::uint64_t size);
  std::string contents(const std::string& path) const;
  void overwrite(const std::string& path, std::uint64_t at, std::string_view bytes);

  std::uint64_t operations() const { return operations_; }
  std::uint64_t failed() const { return failed_; }  // by chance, or because the disk was full
  std::uint64_t hash() const { return hash_; }      // of all that happened
  void set_verbose(bool verbose) { verbose_ = verbose; }

 private:
  class Handle;
  struct Change {
    std::uint64_t at = 0;
    std::string bytes;
    bool truncation = false;  // to `at`
  };
  struct Node {
    bool directory = false;
    std::string now;   // as the process reads it
    std::string safe;  // as it is on disk
    std::vector<Change> unsafe;
    const Handle* locked_by = nullptr;
    std::uint64_t syncs = 0;
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  using Renaming = std::vector<std::pair<std::string, std::shared_ptr<Node>>>;  // null: the name goes

  bool may(const char* what, const std::string& path, std::uint64_t number, double chance);
  static bool meant(const std::string& suffix, const std::string& path);
  void write(Node& node, std::uint64_t at, std::string_view bytes);
  void truncate(Node& node, std::uint64_t size);
  bool sync_node(Node& node, const std::string& path);
  void fail_sync(Node& node);
  void change_names(Renaming renaming);
  void make_names_safe(const std::string& directory);
  void make_name_safe(const std::string& path);
  void settle_names();
  void settle(Node& node, double keep, std::uint64_t unit);
  std::shared_ptr<Node> find(const std::string& path) const;
  Node& known(const std::string& path) const;
  void note(const char* what, const std::string& path, std::uint64_t number, bool went_well);

  Random random_;
  DiskManners manners_;
  Names now_;
  Names safe_;
  std::vector<Renaming> unsafe_names_;
  std::uint64_t process_ = 1;  // which one's files are good
  std::uint64_t fuse_ = 0;
  std::string failing_;  // its next sync
  bool stopped_ = false;
  std::uint64_t operations_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
  bool verbose_ = false;
  std::unique_ptr<Vfs> vfs_;
};

}  // namespace forkmill::sim
