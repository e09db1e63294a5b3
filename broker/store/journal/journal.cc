#include "broker/store/journal/journal.h"

#include <algorithm>

#include "broker/store/crc32c.h"
#include "broker/store/journal/mutants.h"
#include "proto/check.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kWriteOut = 1024 * 1024;  // pending bytes that are written before the commit
constexpr std::size_t kGrowth = 2 * 1024 * 1024;

// The length of a file that a quiet broker needs for long.
std::uint64_t first_length_of(std::uint64_t segment_bytes) {
  constexpr std::uint64_t kMost = 64ULL * 1024 * 1024;
  return std::min(segment_bytes + segment_bytes / 8, kMost);
}

}  // namespace

Journal::Journal(DataDir& directory) : files_{directory} {}

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
  files_.write(segment_, write_at_, bytes);
  write_at_ += bytes.size();
  frame_.clear();
}

std::uint64_t Journal::commit(proto::CommitSeq number) {
  const std::uint64_t size = write_at_ + frame_.size() - frame_at_ - kFrameHeader;
  const bool whole = write_at_ == frame_at_;
  if (!whole) write_out();
  const std::uint32_t crc = whole ? crc32c(std::string_view{frame_}.substr(kFrameHeader), crc_) : crc_;
  const auto header = encode_header({size, segment_, epoch_, number, previous_}, key_, crc);
  if (whole) std::copy(header.begin(), header.end(), frame_.begin());
  files_.write(segment_, frame_at_, whole ? std::string_view{frame_} : std::string_view{header.data(), header.size()});
  if (!mutant(JournalMutant::acknowledged_unsynced)) files_.sync(segment_);
  previous_ = number;
  frame_at_ += kFrameHeader + size;
  begin_frame();
  return kFrameHeader + size;
}

std::string_view Journal::read(const RowPlace& place) {
  if (place.segment == segment_ && place.at >= write_at_)
    return std::string_view{frame_}.substr(place.at - write_at_, place.size);
  // Bytes behind the last write will change.
  const std::uint64_t end = place.segment == segment_ ? write_at_ : files_.length(place.segment);
  return files_.read({place.segment, place.at, place.size}, end);
}

std::uint64_t Journal::first_length() const { return 2 * first_length_of(segment_bytes_); }

bool Journal::lengthen(std::size_t piece) {
  const std::uint64_t wanted = first_length_of(segment_bytes_);
  for (const std::uint64_t file : {0, 1})
    if (files_.length(file) < wanted)
      return files_.extend(file, std::min<std::uint64_t>(piece, wanted - files_.length(file)));
  return false;
}

void Journal::grow_ahead() {
  const std::uint64_t length = files_.length(segment_);
  if (frame_at_ + kGrowth / 4 < length || length >= segment_bytes_) return;
  files_.extend(segment_, std::min<std::uint64_t>(kGrowth, segment_bytes_ - length));
}

}  // namespace forkmill::broker
