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

#include "client/cli/command_error.h"
#include "proto/transport/descriptor.h"

namespace forkmill::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "forkmill-dev.";
constexpr std::size_t kLongestParent = 60;  // the path of a Unix socket has 107 bytes at most
constexpr std::chrono::seconds kYoung{60};  // may be one that is being made and not locked yet

// The descriptor that holds the lock, or none when another process has it.
proto::Descriptor lock(const std::string& path) {
  proto::Descriptor file{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (file.valid() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  return {};
}

bool is_old_and_ours(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != ::geteuid()) return false;
  const auto age = std::chrono::system_clock::now() - std::chrono::system_clock::from_time_t(found.st_mtime);
  return age > kYoung;
}

void remove_left_behind(const std::string& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{parent, ignored}) {
    const auto path = entry.path().string();
    if (!entry.path().filename().string().starts_with(kName) || !is_old_and_ours(path)) continue;
    if (const auto held = lock(path); held.valid()) fs::remove_all(path, ignored);
  }
}

}  // namespace

std::string TempHome::usual_parent() {
  std::error_code error;
  const auto parent = fs::temp_directory_path(error).string();
  return error || parent.size() > kLongestParent ? "/tmp" : parent;
}

TempHome::TempHome(const std::string& parent) {
  remove_left_behind(parent);
  std::string pattern = parent + "/" + kName + "XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw CommandError{ExitCode::failed, "cannot make a folder in " + parent + ": " + std::strerror(errno)};
  }
  path_ = pattern;
  lock_ = lock(path_);
}

TempHome::~TempHome() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace forkmill::cli
