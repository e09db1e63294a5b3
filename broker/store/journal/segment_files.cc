#include "broker/store/journal/segment_files.h"

#include <algorithm>
#include <cerrno>

#include "broker/store/store_error.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kAhead = 32 * 1024;  // bytes to read at a time

[[noreturn]] void fail_to_write(const std::string& path, int error) {
  if (error == ENOSPC) throw StoreError{"the disk is full: " + path + " cannot grow: free some space and start again"};
  throw_system_error("writing " + path + " failed: look at the disk, then start again", error);
}

}  // namespace

SegmentFiles::SegmentFiles(DataDir& directory) : windows_{kAhead} {
  for (std::size_t which = 0; which < files_.size(); ++which) {
    File& one = files_[which];
    one.path = directory.segment(which);
    one.file = directory.files().open(one.path, FileSystem::Open::make);
    if (!one.file) throw_system_error(one.path + " cannot be opened", errno);
    if (!one.file->lock()) {
      if (errno != EWOULDBLOCK) throw_system_error(one.path + " cannot be locked", errno);
      throw StoreError{one.path + " is in use by another broker"};
    }
    one.length = file_size(directory.files(), one.path).value_or(0);
  }
}

void SegmentFiles::write(std::uint64_t segment, std::uint64_t at, std::string_view bytes) {
  File& one = file_of(segment);
  errno = 0;
  if (!one.file->write(at, bytes)) fail_to_write(one.path, errno);
  one.length = std::max(one.length, at + bytes.size());
  written_bytes_ += bytes.size();
}

void SegmentFiles::sync(std::uint64_t segment) {
  File& one = file_of(segment);
  if (!one.file->sync())
    throw_system_error(one.path + " cannot be made safe: look at the disk, then start again", errno);
}

bool SegmentFiles::extend(std::uint64_t segment, std::uint64_t bytes) {
  File& one = file_of(segment);
  const std::string nothing(bytes, '\0');
  errno = 0;
  if (!one.file->write(one.length, nothing)) {
    if (errno == ENOSPC) return false;
    fail_to_write(one.path, errno);
  }
  sync(segment);
  one.length += bytes;
  return true;
}

std::string_view SegmentFiles::read(const Windows::Place& place, std::uint64_t end) {
  File& one = file_of(place.segment);
  return windows_.read(*one.file, one.path, place, end);
}

}  // namespace forkmill::broker
