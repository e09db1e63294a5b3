#include "broker/store/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>

#include "broker/store/store_error.h"

namespace forkmill::broker {

namespace {

constexpr std::string_view kSqliteBeginning{"SQLite format 3\0", 16};

std::string read_beginning(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw_system_error(path + " cannot be read", errno);
  std::array<char, kSqliteBeginning.size()> bytes{};
  const ssize_t size = ::pread(file, bytes.data(), bytes.size(), 0);
  const int error = errno;
  ::close(file);
  if (size < 0) throw_system_error(path + " cannot be read", error);
  return {bytes.data(), static_cast<std::size_t>(size)};
}

std::string holder_of(int lock) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(lock, text.data(), text.size(), 0);
  std::string pid{text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "unknown" : pid;
}

// Root's new files go to whom the directory belongs to.
bool give_to_owner(int file, const std::string& path) {
  if (::geteuid() != 0) return true;
  struct stat parent {};
  return ::stat(parent_of(path).c_str(), &parent) == 0 && ::fchown(file, parent.st_uid, parent.st_gid) == 0;
}

}  // namespace

int open_or_make(const std::string& path, int flags) {
  constexpr mode_t kPrivate = 0600;
  // Only what was surely made here changes hands: what is there may be a link to a file of somebody else's.
  const int made = ::open(path.c_str(), flags | O_CREAT | O_EXCL | O_CLOEXEC, kPrivate);
  if (made < 0) return errno == EEXIST ? ::open(path.c_str(), flags | O_CLOEXEC) : -1;
  if (give_to_owner(made, path)) return made;
  const int error = errno;
  ::close(made);
  ::unlink(path.c_str());
  errno = error;
  return -1;
}

std::optional<std::uint64_t> file_size(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw_system_error(path, errno);
  }
  if (!S_ISREG(found.st_mode)) throw StoreError{path + " is not a file"};
  return static_cast<std::uint64_t>(found.st_size);
}

std::string parent_of(const std::string& path) {
  std::filesystem::path parent = std::filesystem::absolute(path).lexically_normal();
  if (!parent.has_filename()) parent = parent.parent_path();
  return parent.parent_path().string();
}

void sync_path(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw_system_error(path + " cannot be opened", errno);
  const bool synced = ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!synced) throw_system_error(path + " cannot be made safe", error);
}

DataDir::DataDir(std::string path, Missing what) : path_{std::move(path)} {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  if (path_.empty()) throw StoreError{"the data directory has no name"};
  struct stat found {};
  if (::stat(path_.c_str(), &found) == 0) {
    if (!S_ISDIR(found.st_mode)) throw StoreError{"data directory " + path_ + " is a file, not a directory"};
  } else if (errno == ENOENT && what == Missing::create) {
    make();
  } else {
    throw_system_error("data directory " + path_, errno);
  }
  lock();
}

DataDir::~DataDir() {
  if (lock_ >= 0) ::close(lock_);
}

void DataDir::make() const {
  if (::mkdir(path_.c_str(), 0700) != 0) {
    if (errno == ENOENT)
      throw StoreError{"data directory " + path_ + " cannot be created: there is no directory " + parent_of(path_)};
    throw_system_error("data directory " + path_ + " cannot be created", errno);
  }
  sync_path(parent_of(path_));
}

void DataDir::lock() {
  const std::string path = path_ + "/lock";
  const int file = open_or_make(path, O_RDWR);
  if (file < 0) throw_system_error("data directory " + path_ + " cannot be written", errno);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string holder = holder_of(file);
    ::close(file);
    if (error != EWOULDBLOCK) throw_system_error(path + " cannot be locked", error);
    throw StoreError{"data directory " + path_ + " is in use by another broker (pid " + holder + ")"};
  }
  lock_ = file;
  // For people; a failure (a full disk) is found out about by others.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, pid.data(), pid.size(), 0) < 0) return;
}

std::optional<std::uint64_t> DataDir::free_bytes() const {
  struct statvfs found {};
  if (::statvfs(path_.c_str(), &found) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize;
}

bool DataDir::has_database() const {
  const auto size = file_size(database());
  if (size.value_or(0) > 0) {
    // SQLite takes a beginning that it does not know for an empty database at times.
    if (read_beginning(database()) == kSqliteBeginning) return true;
    throw StoreError{database() + " is not a database, or its beginning is damaged: restore a backup"};
  }
  // SQLite would delete the journal of an empty database.
  if (file_size(head()) || file_size(journal()).value_or(0) > 0)
    throw StoreError{database() + (size ? " is empty" : " is missing") + ", though " + path_ +
                     " has been in use: put it back, or restore a backup into another directory"};
  return false;
}

void DataDir::make_database() const {
  const int file = open_or_make(database(), O_RDWR);
  if (file < 0) throw_system_error(database() + " cannot be created", errno);
  ::close(file);
}

}  // namespace forkmill::broker
