#include "tests/sim/disk/handle.h"

#include <algorithm>
#include <cerrno>

namespace forkmill::sim {

bool Disk::Handle::begin(const char* what, std::uint64_t number, double chance) {
  if (process_ == disk_.process_) return disk_.operations.begin(what, path_, number, chance);
  errno = EIO;
  return false;
}

std::optional<std::size_t> Disk::Handle::read(std::uint64_t at, std::span<char> to) {
  if (!begin("read", at, disk_.errors.read)) return std::nullopt;
  const std::string& bytes = node_->bytes();
  const std::size_t size = at >= bytes.size() ? 0 : std::min<std::size_t>(to.size(), bytes.size() - at);
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(size == 0 ? 0 : at), size, to.begin());
  return size;
}

// A write that fails leaves some of its bytes, as does one for which there is no room.
bool Disk::Handle::write(std::uint64_t at, std::string_view bytes) {
  const bool dead = process_ != disk_.process_ || disk_.operations.stopped();
  const bool allowed = begin("write", at, disk_.errors.write);
  if (dead) return false;
  std::string_view done = allowed ? bytes : bytes.substr(0, disk_.operations.random().below(bytes.size() + 1));
  int error = allowed ? 0 : EIO;
  const std::uint64_t end = at + bytes.size();
  const std::uint64_t size = node_->bytes().size();
  const std::uint64_t growth = end > size ? end - size : 0;
  const std::uint64_t room = disk_.free_bytes(path_).value();
  if (allowed && growth > room) {
    done = bytes.substr(0, bytes.size() - std::min<std::uint64_t>(bytes.size(), growth - room));
    error = ENOSPC;
    disk_.operations.count_full();
  }
  const std::string& ignored = disk_.faults.ignored_writes;
  const bool ignores = node_->syncs() > 1 && !ignored.empty() && path_.ends_with(ignored);
  if (!done.empty() && !ignores) node_->write(at, done);
  errno = error;
  return error == 0;
}

bool Disk::Handle::truncate(std::uint64_t size) {
  if (!begin("truncate", size, disk_.errors.write)) return false;
  node_->truncate(size);
  return true;
}

bool Disk::Handle::sync() {
  if (process_ != disk_.process_) return begin("sync", 0, 0);
  return disk_.sync_node(*node_, path_);
}

bool Disk::Handle::lock() {
  if (!begin("lock", 0, 0)) return false;
  if (node_->locked_by != nullptr && node_->locked_by != this) {
    errno = EWOULDBLOCK;
    return false;
  }
  node_->locked_by = this;
  return true;
}

}  // namespace forkmill::sim
