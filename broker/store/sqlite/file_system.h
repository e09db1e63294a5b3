// FileSystem: the interface between a store and the files of the operating system. system_files() is the real one. The
// simulator puts its own in its place, under the store's files and, by vfs(), under SQLite's.
//
// Errors: members return null, none or false and set errno; the free functions below throw StoreError.
// Lifetime: a file system outlives its files. Threads: each file belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace forkmill::broker {

class OpenFile {
 public:
  virtual ~OpenFile() = default;
  // Returns the number of bytes read into `to`: less than its size only at the end of the file.
  virtual std::optional<std::size_t> read(std::uint64_t at, std::span<char> to) = 0;
  virtual bool write(std::uint64_t at, std::string_view bytes) = 0;  // writes all bytes or fails
  virtual bool truncate(std::uint64_t size) = 0;
  virtual bool sync() = 0;  // makes bytes and size safe; times need not be
  // Locks the file exclusively until the object ends. Does not wait: EWOULDBLOCK if it is locked already.
  virtual bool lock() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // The name of the SQLite VFS for this file system; null: SQLite's default.
  virtual const char* vfs() const = 0;

  enum class Open {
    read,
    write,  // and read; fails with ELOOP if the path is a symbolic link
    make    // write, and create a missing file with mode 0600 for the owner of the directory, also as root
  };
  virtual std::unique_ptr<OpenFile> open(const std::string& path, Open how) = 0;

  struct Entry {
    enum class Kind { file, directory, other } kind = Kind::file;
    std::uint64_t size = 0;
    bool is_link = false;         // the path is a symbolic link to what the other members describe
    bool open_to_others = false;  // any user of the machine may write it
  };
  virtual std::optional<Entry> look(const std::string& path) = 0;

  virtual bool make_directory(const std::string& path) = 0;
  virtual bool remove(const std::string& path) = 0;
  // Fails with EEXIST if `to` exists.
  virtual bool rename(const std::string& from, const std::string& to) = 0;
  // Syncs the contents of the file or directory to disk.
  virtual bool sync(const std::string& path) = 0;
  virtual std::optional<std::uint64_t> free_bytes(const std::string& path) = 0;
};

FileSystem& system_files();

// Returns the size of the file; none if it does not exist. Throws if it is not a regular file.
std::optional<std::uint64_t> file_size(FileSystem& files, const std::string& path);
void sync_path(FileSystem& files, const std::string& path);
std::string parent_of(const std::string& path);

}  // namespace forkmill::broker
