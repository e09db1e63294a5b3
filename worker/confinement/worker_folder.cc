#include "worker/confinement/worker_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <system_error>

#include "worker/os/reaping.h"
#include "worker/os/tree_removal.h"

namespace forkmill::worker {

namespace {

constexpr const char* kFolderPrefix = "forkmill-worker-";
constexpr mode_t kPassable = S_IRWXU | S_IXGRP | S_IXOTH;  // for children of another user

std::system_error folder_error(const std::string& path) {
  return std::system_error{errno, std::generic_category(), "the folder of tasks " + path};
}

proto::Descriptor open_to_lock(const std::string& path) {
  return proto::Descriptor{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
}

// A worker holds this lock on its folder as long as it lives.
bool try_lock(const proto::Descriptor& folder) { return folder && ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0; }

bool is_still_there(const proto::Descriptor& folder, const std::string& path) {
  struct stat held {};
  struct stat now {};
  return ::fstat(folder.get(), &held) == 0 && ::lstat(path.c_str(), &now) == 0 && held.st_dev == now.st_dev &&
         held.st_ino == now.st_ino;
}

bool is_own(const proto::Descriptor& folder) {
  struct stat now {};
  return ::fstat(folder.get(), &now) == 0 && now.st_uid == ::geteuid();
}

void remove_leftovers(const std::string& parent) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{parent, error}) {
    if (!entry.path().filename().string().starts_with(kFolderPrefix)) continue;
    const auto folder = open_to_lock(entry.path());
    if (folder && is_own(folder) && try_lock(folder)) remove_tree(entry.path());
  }
}

// Runs `work` in a fork of this process, which is reaped as any descendant is.
void run_aside(const std::function<void()>& work) {
  const pid_t parent = ::getpid();
  if (::fork() != 0) return;  // failed: the folders are removed at the end of this worker, or by the next one
  die_with(parent);
  ::prctl(PR_SET_NAME, "forkmill-sweep");
  close_all_but({STDERR_FILENO});
  work();
  ::_exit(0);
}

void make_parent(const std::string& parent, bool passable) {
  if (::mkdir(parent.c_str(), passable ? kPassable : S_IRWXU) == 0) {
    if (passable) ::chmod(parent.c_str(), kPassable);  // with any umask
    return;
  }
  const int error = errno;
  struct stat now {};
  if (::stat(parent.c_str(), &now) != 0 || !S_ISDIR(now.st_mode)) {
    errno = error;
    throw folder_error(parent);
  }
  const bool is_safe = (now.st_mode & S_IWOTH) == 0 || (now.st_mode & S_ISVTX) != 0;
  if (is_safe) return;
  throw std::system_error{EPERM, std::generic_category(),
                          "the folder of tasks " + parent + " can be changed by all users: chmod o-w, or chmod +t"};
}

}  // namespace

WorkerFolder::WorkerFolder(const std::string& parent, const std::optional<Account>& owner) : owner_{owner} {
  make_parent(parent, owner.has_value());
  const std::string place = std::filesystem::absolute(parent).lexically_normal();
  run_aside([&] { remove_leftovers(place); });
  do {
    path_ = place + "/" + kFolderPrefix + "XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw folder_error(path_);
    lock_ = open_to_lock(path_);
  } while (!try_lock(lock_) || !is_still_there(lock_, path_));  // another worker took it for a leftover
  if (owner && ::fchmod(lock_.get(), kPassable) != 0) throw folder_error(path_);
}

WorkerFolder::~WorkerFolder() { remove_tree(path_); }

std::string WorkerFolder::add(const std::string& name) {
  auto path = path_ + "/" + name;
  if (::mkdir(path.c_str(), S_IRWXU) != 0) throw folder_error(path);
  if (owner_ && ::chown(path.c_str(), owner_->uid, owner_->gid) != 0) throw folder_error(path);
  return path;
}

void WorkerFolder::remove(const std::string& path) const {
  run_aside([&] { remove_tree(path); });
}

}  // namespace forkmill::worker
