// Vfs: lets SQLite keep its files on a Disk. It does what SQLite's own VFS for Unix does with a real disk, directories
// included: the first sync of a journal syncs its name, and a failure of that is ignored.
#pragma once

#include <sqlite3.h>

#include <string>

#include "broker/store/sqlite/file_system.h"

namespace forkmill::sim {

class Disk;

class DiskFile : public broker::OpenFile {
 public:
  virtual std::uint64_t size() const = 0;
};

class Vfs {
 public:
  explicit Vfs(Disk& disk);
  ~Vfs();
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;

  const char* name() const { return name_.c_str(); }

 private:
  std::string name_;
  sqlite3_vfs vfs_{};
};

}  // namespace forkmill::sim
