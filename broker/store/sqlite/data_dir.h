// DataDir: a data directory, held against every other broker for as long as the object lives. Functions throw
// StoreError.
//
//   forkmill.db, forkmill.db-wal   the database and its journal
//   head                           the last commit, beside the database: see head.h
//   lock                           locked by the broker that runs; holds its process id
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
  DataDir(std::string path, Missing what, FileSystem& files = system_files());
  DataDir(const DataDir&) = delete;
  DataDir& operator=(const DataDir&) = delete;

  const std::string& path() const { return path_; }
  FileSystem& files() const { return files_; }
  std::string database() const { return path_ + "/forkmill.db"; }
  std::string journal() const { return database() + "-wal"; }
  std::string head() const { return path_ + "/head"; }

  std::optional<std::uint64_t> free_bytes() const { return files_.free_bytes(path_); }  // none: the system does not say
  // Whether there is a database; refuses what looks as if one had been there, and what is something else.
  bool has_database() const;
  void make_database() const;  // an empty file
  // The names of the files in it, and its own. Not all who made them may have lived to do so.
  void make_names_safe() const;

 private:
  void make() const;
  void lock();

  FileSystem& files_;
  std::string path_;
  std::unique_ptr<OpenFile> lock_;
};

}  // namespace forkmill::broker
