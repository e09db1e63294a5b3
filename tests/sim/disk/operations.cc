#include "tests/sim/disk/operations.h"

#include <cerrno>
#include <cstdio>

namespace forkmill::sim {

bool DiskOperations::begin(const char* what, const std::string& path, std::uint64_t number, double chance) {
  ++count_;
  if (!stopped_ && fuse_ > 0 && --fuse_ == 0) stopped_ = true;
  const bool unlucky = !stopped_ && chance > 0 && random_.chance(chance);
  if (unlucky) ++failed_;
  note(what, path, number, !stopped_ && !unlucky);
  errno = EIO;
  return !stopped_ && !unlucky;
}

void DiskOperations::note(const char* what, const std::string& path, std::uint64_t number, bool done) {
  const auto fold = [this](std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001B3ULL + (hash_ >> 29); };
  fold(static_cast<std::uint64_t>(what[0]) << 8 | static_cast<std::uint64_t>(what[1]));
  fold(path.size());
  fold(number);
  fold(done ? 1 : 2);
  if (!verbose_) return;
  std::printf("    disk: %s %s %llu%s\n", what, path.c_str(), static_cast<unsigned long long>(number),
              done       ? ""
              : stopped_ ? ": no answer"
                         : ": fails");
}

}  // namespace forkmill::sim
