#include "worker/os/tree_removal.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proto/os/descriptor.h"

namespace forkmill::worker {

namespace {

constexpr int kMaxDepth = 12;  // open folders; deeper ones are moved up to the top first

using FolderStream = std::unique_ptr<DIR, int (*)(DIR*)>;

// Opens a folder of any mode so that its entries can be listed and removed. Null: it is none, or not ours.
FolderStream open_folder(int parent, const char* name) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int fd = ::openat(parent, name, kFlags);
  if (fd < 0 && errno == EACCES) {
    const proto::Descriptor place{::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!place) return {nullptr, ::closedir};
    ::chmod(("/proc/self/fd/" + std::to_string(place.get())).c_str(), S_IRWXU);
    fd = ::openat(parent, name, kFlags);
  }
  if (fd < 0) return {nullptr, ::closedir};
  struct stat now {};
  if (::fstat(fd, &now) == 0 && (now.st_mode & S_IRWXU) != S_IRWXU) ::fchmod(fd, S_IRWXU);
  FolderStream stream{::fdopendir(fd), ::closedir};
  if (!stream) ::close(fd);
  return stream;
}

class Removal {
 public:
  explicit Removal(int top) : top_{top} {}

  // Removes what is in the folder, and moves the folders that lie too deep to the top. False: something stays.
  bool empty(DIR* folder, int depth) {
    bool all = true;
    while (const dirent* entry = ::readdir(folder)) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
      const std::string_view name{entry->d_name};
      if (name != "." && name != ".." && !remove(::dirfd(folder), entry->d_name, depth)) all = false;
    }
    return all;
  }
  // True once for the folders that were moved since: the top has new entries.
  bool pop_moved() { return std::exchange(moved_, false); }

 private:
  bool remove(int parent, const char* name, int depth) {
    if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return true;
    if (::unlinkat(parent, name, AT_REMOVEDIR) == 0) return true;
    if (depth >= kMaxDepth) return move_to_top(parent, name);
    const auto folder = open_folder(parent, name);
    return folder && empty(folder.get(), depth + 1) && ::unlinkat(parent, name, AT_REMOVEDIR) == 0;
  }

  bool move_to_top(int parent, const char* name) {
    if (!open_folder(parent, name)) return false;  // a folder that may not be written to cannot be moved
    constexpr int kMaxTaken = 1000;                // names at the top that are taken by what the task has made
    for (int i = 0; i < kMaxTaken; ++i) {
      const auto target = ".removed-" + std::to_string(count_++);
      if (::faccessat(top_, target.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) continue;
      if (::renameat(parent, name, top_, target.c_str()) != 0) return false;
      return moved_ = true;
    }
    return false;
  }

  int top_;
  std::uint64_t count_ = 0;
  bool moved_ = false;
};

}  // namespace

bool remove_tree(const std::string& path) {
  const auto top = open_folder(AT_FDCWD, path.c_str());
  if (!top) return errno == ENOENT;
  Removal removal{::dirfd(top.get())};
  bool all = true;
  do {
    ::rewinddir(top.get());
    all = removal.empty(top.get(), 0);
  } while (removal.pop_moved());
  return all && ::rmdir(path.c_str()) == 0;
}

}  // namespace forkmill::worker
