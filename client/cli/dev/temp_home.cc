#include "client/cli/dev/temp_home.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "client/cli/errors/command_error.h"
#include "proto/os/descriptor.h"

namespace forkmill::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "forkmill-dev.";
constexpr std::size_t kMaxParent = 60;            // the path of a Unix socket has at most 107 bytes
constexpr std::chrono::seconds kMinStaleAge{60};  // a younger directory may be one that is not locked yet

// Returns the descriptor that holds the lock. Invalid: another process holds it.
proto::Descriptor lock(const std::string& path) {
  proto::Descriptor file{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (file.valid() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  return {};
}

bool is_old_and_own(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != ::geteuid()) return false;
  const auto age = std::chrono::system_clock::now() - std::chrono::system_clock::from_time_t(found.st_mtime);
  return age > kMinStaleAge;
}

void remove_stale(const std::string& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{parent, ignored}) {
    const auto path = entry.path().string();
    if (!entry.path().filename().string().starts_with(kName) || !is_old_and_own(path)) continue;
    if (const auto held = lock(path); held.valid()) fs::remove_all(path, ignored);
  }
}

}  // namespace

std::string TempHome::default_parent() {
  std::error_code error;
  const auto parent = fs::temp_directory_path(error).string();
  return error || parent.size() > kMaxParent ? "/tmp" : parent;
}

TempHome::TempHome(const std::string& parent) {
  remove_stale(parent);
  std::string pattern = parent + "/" + kName + "XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw CommandError{ExitCode::failed, "cannot create a directory in " + parent + ": " + std::strerror(errno)};
  }
  path_ = pattern;
  lock_ = lock(path_);
}

TempHome::~TempHome() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace forkmill::cli
