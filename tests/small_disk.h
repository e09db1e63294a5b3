// SmallDisk: a file system in memory in the place of a folder, seen by the test and its children only.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

namespace forkmill::tests {

class SmallDisk {
 public:
  SmallDisk(std::string path, const std::string& size) : path_{std::move(path)} {
    std::filesystem::create_directory(path_);
    mounted_ = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("tmpfs", path_.c_str(), "tmpfs", 0, ("mode=0700,size=" + size).c_str()) == 0;
    if (!mounted_) MESSAGE("skipped: no right to mount a file system");
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  void resize(const std::string& size) {
    REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, ("mode=0700,size=" + size).c_str()) == 0);
  }

 private:
  std::string path_;
  bool mounted_ = false;
};

// Writes a file of that size.
inline void take_room(const std::string& path, off_t bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  CHECK(::posix_fallocate(file, 0, bytes) == 0);
  ::close(file);
}

}  // namespace forkmill::tests
