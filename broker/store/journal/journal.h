// Journal: the commits that the database does not contain yet, in two segment files that are written in turns and in
// place: in the steady state no file grows, so that a sync costs as little as it can. Functions throw StoreError; after
// that the journal must not be used.
//
// The owner decides when a segment is full, and when it is no longer needed: next_segment() overwrites the one before
// the current one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/store/journal/changes.h"
#include "broker/store/journal/frame.h"
#include "broker/store/journal/segment_files.h"

namespace forkmill::broker {

class Journal {
 public:
  // Opens the files, creates missing ones, and locks them. Reads and writes nothing.
  explicit Journal(DataDir& directory);

  // Begins the first segment, of `bytes` bytes. `previous` is the last commit in the database.
  void begin(std::uint64_t key, proto::Epoch epoch, proto::CommitSeq previous, std::uint64_t bytes);
  // Adds a record to the next commit. Returns the place of its body.
  RowPlace append(const JournalRecord& record);
  bool pending() const { return write_at_ + frame_.size() > frame_at_ + kFrameHeader; }
  // Writes the pending records as commit `number` and syncs them. Returns the bytes that it wrote.
  std::uint64_t commit(proto::CommitSeq number);
  // Returns the bytes that commits have written.
  std::uint64_t written_bytes() const { return files_.written_bytes(); }
  // Returns the bytes at `place`, which is in the current segment or the one before it; they are valid until the next
  // call of any function.
  std::string_view read(const RowPlace& place);

  std::uint32_t segment() const { return segment_; }
  // Returns how full the current segment is; 1: full. A commit may go beyond that.
  double filled() const { return static_cast<double>(frame_at_) / static_cast<double>(segment_bytes_); }
  // Begins the next segment, of `bytes` bytes, in the file of the one before the current one. REQUIRES: nothing is
  // pending.
  void next_segment(std::uint64_t bytes);
  // Extends both files by at most `piece` bytes, to the length that a quiet broker needs for long. Returns true while
  // there is more to do.
  bool lengthen(std::size_t piece);
  // Extends the file of the current segment by a piece, if the next commits would do so one by one.
  void grow_ahead();
  // Returns the bytes of both files when they have the length of lengthen().
  std::uint64_t first_length() const;

 private:
  void begin_frame();
  void write_out();

  SegmentFiles files_;
  std::uint64_t segment_bytes_ = 0;
  std::uint64_t key_ = 0;
  proto::Epoch epoch_;
  proto::CommitSeq previous_;
  std::uint32_t segment_ = 0;
  std::uint64_t frame_at_ = 0;  // offset of the frame of the next commit
  std::uint64_t write_at_ = 0;  // offset of `frame_`: what is before it has been written
  std::string frame_;
  std::uint32_t crc_ = 0;  // CRC of the records that were written
};

}  // namespace forkmill::broker
