// DataDir: a data directory, locked against every other broker while the object lives. Functions throw StoreError.
//
//   forkmill.db, forkmill.db-wal   the database and its write-ahead journal; forkmill.db.new while it is created
//   forkmill.journal.0, .1         the journal in front of the database: see broker/store/journal
//   head                           the last commit, beside the database: see head.h
//   lock                           locked by the running broker; holds its process id
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "broker/store/sqlite/file_system.h"

namespace forkmill::broker {

class DataDir {
 public:
  enum class Missing { create, refuse };
  // Refuses a directory that any user may write, and one with a symbolic link in the place of a file.
  DataDir(std::string path, Missing what, FileSystem& files = system_files());
  DataDir(const DataDir&) = delete;
  DataDir& operator=(const DataDir&) = delete;

  const std::string& path() const { return path_; }
  FileSystem& files() const { return files_; }
  std::string database() const { return path_ + "/forkmill.db"; }
  std::string journal() const { return database() + "-wal"; }
  std::string segment(std::uint64_t number) const { return path_ + "/forkmill.journal." + std::to_string(number % 2); }
  std::string head() const { return path_ + "/head"; }

  std::optional<std::uint64_t> free_bytes() const { return files_.free_bytes(path_); }  // none: unknown to the system
  // Returns whether there is a database. Throws StoreError if the file is not a database, or if other files show that
  // there was one.
  bool has_database() const;
  // Syncs the names of the files in the directory, and the directory's own name. A process that made them may have died
  // before its own sync.
  void make_names_safe() const;

 private:
  void refuse_others(const FileSystem::Entry& directory) const;
  void make() const;
  void lock();

  FileSystem& files_;
  std::string path_;
  std::unique_ptr<OpenFile> lock_;
};

}  // namespace forkmill::broker
