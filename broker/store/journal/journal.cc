#include "broker/store/journal/journal.h"

#include <algorithm>
#include <cerrno>

#include "broker/store/journal/mutants.h"
#include "broker/store/sqlite/crc32c.h"
#include "broker/store/store_error.h"
#include "proto/check.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kWriteOut = 1024 * 1024;  // pending bytes that are written before the commit
constexpr std::size_t kAhead = 32 * 1024;       // bytes to read at a time
constexpr std::size_t kGrowth = 2 * 1024 * 1024;

[[noreturn]] void fail_to_write(const std::string& path, int error) {
  if (error == ENOSPC) throw StoreError{"the disk is full: " + path + " cannot grow: free some space and start again"};
  throw_system_error("writing " + path + " failed: look at the disk, then start again", error);
}

void sync(OpenFile& file, const std::string& path) {
  if (!file.sync()) throw_system_error(path + " cannot be made safe: look at the disk, then start again", errno);
}

}  // namespace

Journal::Journal(DataDir& directory) : windows_{kAhead} {
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

void Journal::begin(std::uint64_t key, proto::Epoch epoch, proto::CommitSeq previous, std::uint64_t bytes) {
  key_ = key;
  epoch_ = epoch;
  previous_ = previous;
  next_segment(bytes);
}

void Journal::next_segment(std::uint64_t bytes) {
  FORKMILL_CHECK(!pending() || segment_ == 0);
  segment_bytes_ = bytes;
  ++segment_;
  frame_at_ = 0;
  begin_frame();
}

void Journal::begin_frame() {
  write_at_ = frame_at_;
  if (frame_.capacity() > 2 * kWriteOut) frame_ = {};
  frame_.assign(kFrameHeader, '\0');
  crc_ = begin_frame_crc(key_);
}

RowPlace Journal::append(const JournalRecord& record) {
  append_record(frame_, record);
  const auto size = static_cast<std::uint32_t>(record.body.size());
  const RowPlace place{segment_, size, write_at_ + frame_.size() - size};
  if (frame_.size() >= kWriteOut) write_out();
  return place;
}

// A frame that is written in pieces has zeros for a header until its commit.
void Journal::write_out() {
  const std::string_view bytes{frame_};
  crc_ = crc32c(bytes.substr(write_at_ == frame_at_ ? kFrameHeader : 0), crc_);
  write(write_at_, bytes);
  write_at_ += bytes.size();
  frame_.clear();
}

void Journal::write(std::uint64_t at, std::string_view bytes) {
  File& one = file_of(segment_);
  errno = 0;
  if (!one.file->write(at, bytes)) fail_to_write(one.path, errno);
  one.length = std::max(one.length, at + bytes.size());
}

std::uint64_t Journal::commit(proto::CommitSeq number) {
  const std::uint64_t size = write_at_ + frame_.size() - frame_at_ - kFrameHeader;
  const bool whole = write_at_ == frame_at_;
  if (!whole) write_out();
  const std::uint32_t crc = whole ? crc32c(std::string_view{frame_}.substr(kFrameHeader), crc_) : crc_;
  const auto header = encode_header({size, segment_, epoch_, number, previous_}, key_, crc);
  if (whole) std::copy(header.begin(), header.end(), frame_.begin());
  write(frame_at_, whole ? std::string_view{frame_} : std::string_view{header.data(), header.size()});
  if (!mutant(JournalMutant::acknowledged_unsynced)) sync(*file_of(segment_).file, file_of(segment_).path);
  previous_ = number;
  frame_at_ += kFrameHeader + size;
  begin_frame();
  return kFrameHeader + size;
}

std::string_view Journal::read(const RowPlace& place) {
  if (place.segment == segment_ && place.at >= write_at_)
    return std::string_view{frame_}.substr(place.at - write_at_, place.size);
  File& one = file_of(place.segment);
  // Bytes behind the last write will change.
  const std::uint64_t end = place.segment == segment_ ? write_at_ : one.length;
  return windows_.read(*one.file, one.path, {place.segment, place.at, place.size}, end);
}

std::uint64_t Journal::first_segment_length() const {
  constexpr std::uint64_t kMost = 64ULL * 1024 * 1024;
  return std::min(segment_bytes_ + segment_bytes_ / 8, kMost);
}

bool Journal::lengthen(std::size_t piece) {
  for (File& one : files_)
    if (one.length < first_segment_length())
      return extend(one, std::min<std::uint64_t>(piece, first_segment_length() - one.length));
  return false;
}

void Journal::grow_ahead() {
  File& one = file_of(segment_);
  if (frame_at_ + kGrowth / 4 < one.length || one.length >= segment_bytes_) return;
  extend(one, std::min<std::uint64_t>(kGrowth, segment_bytes_ - one.length));
}

bool Journal::extend(File& one, std::uint64_t bytes) {
  const std::string nothing(bytes, '\0');
  errno = 0;
  if (!one.file->write(one.length, nothing)) {
    if (errno == ENOSPC) return false;
    fail_to_write(one.path, errno);
  }
  sync(*one.file, one.path);
  one.length += bytes;
  return true;
}

}  // namespace forkmill::broker
