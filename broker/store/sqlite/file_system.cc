#include "broker/store/sqlite/file_system.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "broker/store/store_error.h"
#include "proto/os/descriptor.h"

namespace forkmill::broker {

namespace {

class SystemFile final : public OpenFile {
 public:
  explicit SystemFile(proto::Descriptor descriptor) : file_{std::move(descriptor)} {}

  std::optional<std::size_t> read(std::uint64_t at, std::span<char> to) override {
    std::size_t done = 0;
    while (done < to.size()) {
      const ssize_t size = ::pread(file_.get(), to.data() + done, to.size() - done, static_cast<off_t>(at + done));
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return std::nullopt;
      if (size == 0) break;
      done += static_cast<std::size_t>(size);
    }
    return done;
  }
  bool write(std::uint64_t at, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t size = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return false;
      at += static_cast<std::uint64_t>(size);
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }
  bool truncate(std::uint64_t size) override { return ::ftruncate(file_.get(), static_cast<off_t>(size)) == 0; }
  bool sync() override { return ::fdatasync(file_.get()) == 0; }
  bool lock() override { return ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0; }

 private:
  proto::Descriptor file_;
};

// Gives a file that root has created to the owner of its directory.
bool give_to_owner(int file, const std::string& path) {
  if (::geteuid() != 0) return true;
  struct stat parent {};
  return ::stat(parent_of(path).c_str(), &parent) == 0 && ::fchown(file, parent.st_uid, parent.st_gid) == 0;
}

proto::Descriptor open_or_make(const std::string& path) {
  constexpr mode_t kPrivate = 0600;
  // Only a file that this call creates changes its owner: an existing one may be a hard link to another user's file.
  proto::Descriptor made{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kPrivate)};
  if (!made.valid())
    return proto::Descriptor{errno == EEXIST ? ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1};
  if (give_to_owner(made.get(), path)) return made;
  const int error = errno;
  made.reset();
  ::unlink(path.c_str());
  errno = error;
  return {};
}

class SystemFiles final : public FileSystem {
 public:
  const char* vfs() const override { return nullptr; }

  std::unique_ptr<OpenFile> open(const std::string& path, Open how) override {
    const int flags = (how == Open::read ? O_RDONLY : O_RDWR | O_NOFOLLOW) | O_CLOEXEC;
    auto file = how == Open::make ? open_or_make(path) : proto::Descriptor{::open(path.c_str(), flags)};
    return file.valid() ? std::make_unique<SystemFile>(std::move(file)) : nullptr;
  }
  std::optional<Entry> look(const std::string& path) override {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
    const bool is_link = S_ISLNK(found.st_mode);
    using Kind = Entry::Kind;
    if (is_link && ::stat(path.c_str(), &found) != 0) return Entry{Kind::other, 0, true, false};
    const Kind kind = S_ISREG(found.st_mode) ? Kind::file : S_ISDIR(found.st_mode) ? Kind::directory : Kind::other;
    return Entry{kind, static_cast<std::uint64_t>(found.st_size), is_link, (found.st_mode & S_IWOTH) != 0};
  }
  bool make_directory(const std::string& path) override { return ::mkdir(path.c_str(), 0700) == 0; }
  bool remove(const std::string& path) override { return ::unlink(path.c_str()) == 0; }
  bool rename(const std::string& from, const std::string& to) override {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno != EINVAL && errno != ENOSYS) return false;  // EINVAL, ENOSYS: this file system lacks RENAME_NOREPLACE
    if (::access(to.c_str(), F_OK) == 0) {
      errno = EEXIST;
      return false;
    }
    return ::rename(from.c_str(), to.c_str()) == 0;
  }
  bool sync(const std::string& path) override {
    proto::Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file.valid()) return false;
    const bool synced = ::fsync(file.get()) == 0;
    const int error = errno;
    file.reset();
    errno = error;
    return synced;
  }
  std::optional<std::uint64_t> free_bytes(const std::string& path) override {
    struct statvfs found {};
    if (::statvfs(path.c_str(), &found) != 0) return std::nullopt;
    if (found.f_blocks == 0) return std::nullopt;  // a file system without a limit, such as tmpfs with size=0
    return static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize;
  }
};

}  // namespace

FileSystem& system_files() {
  static SystemFiles files;
  return files;
}

std::optional<std::uint64_t> file_size(FileSystem& files, const std::string& path) {
  const auto found = files.look(path);
  if (!found) {
    if (errno == ENOENT) return std::nullopt;
    throw_system_error(path, errno);
  }
  if (found->kind != FileSystem::Entry::Kind::file) throw StoreError{path + " is not a file"};
  return found->size;
}

void sync_path(FileSystem& files, const std::string& path) {
  if (!files.sync(path)) throw_system_error(path + " cannot be made safe", errno);
}

std::string parent_of(const std::string& path) {
  std::filesystem::path parent = std::filesystem::absolute(path).lexically_normal();
  if (!parent.has_filename()) parent = parent.parent_path();
  return parent.parent_path().string();
}

}  // namespace forkmill::broker
