// DataDir: a data directory, held against every other broker for as long as the object lives. Functions throw
// StoreError.
//
//   forkmill.db, forkmill.db-wal   the database and its journal
//   head                           the last commit, beside the database: see head.h
//   lock                           locked by the broker that runs; holds its process id
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace forkmill::broker {

class DataDir {
 public:
  enum class Missing { create, refuse };
  DataDir(std::string path, Missing what);
  ~DataDir();
  DataDir(const DataDir&) = delete;
  DataDir& operator=(const DataDir&) = delete;

  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/forkmill.db"; }
  std::string journal() const { return database() + "-wal"; }
  std::string head() const { return path_ + "/head"; }

  std::optional<std::uint64_t> free_bytes() const;  // none: the system does not say
  // Whether there is a database; refuses what looks as if one had been there, and what is something else.
  bool has_database() const;
  void make_database() const;  // an empty file

 private:
  void make() const;
  void lock();

  std::string path_;
  int lock_ = -1;
};

// Opens a file of a data directory (`flags` are those of open(2)), or makes it: for nobody but the directory's owner,
// also when that is not who makes it (root, on an errand for the user that the broker runs as). Files that are there
// keep their owner. The descriptor; −1: errno says why not.
int open_or_make(const std::string& path, int flags);

// Bytes of the file; none when there is none. Throws when it is not a regular file.
std::optional<std::uint64_t> file_size(const std::string& path);
std::string parent_of(const std::string& path);
// Makes what the file or directory holds safe.
void sync_path(const std::string& path);

}  // namespace forkmill::broker
