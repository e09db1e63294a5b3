#include "tests/bench/measure/scratch.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace forkmill::bench {

namespace fs = std::filesystem;

namespace {

fs::path made(const std::string& parent) {
  fs::path base = parent.empty() ? fs::temp_directory_path() : fs::absolute(parent);
  fs::create_directories(base);
  return base;
}

}  // namespace

Scratch::Scratch(const std::string& parent) {
  std::string pattern = made(parent) / "forkmill-bench-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{pattern + ": " + std::strerror(errno)};
  path_ = pattern;
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::uint64_t Scratch::bytes_below(const std::string& directory) {
  std::uint64_t sum = 0;
  std::error_code error;  // files come and go while the server works
  for (fs::recursive_directory_iterator at{directory, error}, end; !error && at != end; at.increment(error)) {
    struct stat info {};
    if (lstat(at->path().c_str(), &info) == 0) sum += static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return sum;
}

void require_disk(const std::string& parent) {
  const auto base = made(parent);
  struct statfs system {};
  if (statfs(base.c_str(), &system) != 0) throw std::runtime_error{base.string() + ": " + std::strerror(errno)};
  if (system.f_type == TMPFS_MAGIC)
    throw std::runtime_error{base.string() + " is in memory; name a directory on a disk with --data"};
}

}  // namespace forkmill::bench
