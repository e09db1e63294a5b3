// FileSystem: the files of a store, as it asks the operating system for them. system_files() is the real one; another
// one may stand in for it, under the store's own files and, by the name of its VFS, under those of SQLite.
//
// What fails says so with null, none or false, and errno says why; the functions below throw StoreError. A file system
// outlives its files. Each file belongs to one thread.
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
  // How many bytes it read: fewer than there is room for only at the end of the file.
  virtual std::optional<std::size_t> read(std::uint64_t at, std::span<char> to) = 0;
  virtual bool write(std::uint64_t at, std::string_view bytes) = 0;  // all of them
  virtual bool truncate(std::uint64_t size) = 0;
  virtual bool sync() = 0;
  // Against every other holder, until the object ends. EWOULDBLOCK: another one has it.
  virtual bool lock() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // SQLite's name for it; null: its default.
  virtual const char* vfs() const = 0;

  enum class Open {
    read,
    write,  // and read
    make    // the same, and make it if need be: for nobody but the owner of the directory, whoever makes it
  };
  virtual std::unique_ptr<OpenFile> open(const std::string& path, Open how) = 0;

  struct Entry {
    enum class Kind { file, directory, other } kind = Kind::file;
    std::uint64_t size = 0;
  };
  virtual std::optional<Entry> look(const std::string& path) = 0;

  virtual bool make_directory(const std::string& path) = 0;
  virtual bool remove(const std::string& path) = 0;
  // EEXIST: `to` is not free.
  virtual bool rename(const std::string& from, const std::string& to) = 0;
  // Makes what the file or directory holds safe.
  virtual bool sync(const std::string& path) = 0;
  virtual std::optional<std::uint64_t> free_bytes(const std::string& path) = 0;
};

FileSystem& system_files();

// Bytes of the file; none when there is none. Throws when it is not a regular file.
std::optional<std::uint64_t> file_size(FileSystem& files, const std::string& path);
void sync_path(FileSystem& files, const std::string& path);
std::string parent_of(const std::string& path);

}  // namespace forkmill::broker
