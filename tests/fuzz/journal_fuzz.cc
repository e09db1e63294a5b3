// Reads a journal that a broker finds on its disk: frames with and without true checksums, of any segment and epoch, at
// any place. Frames are read as they were written; other bytes are refused or skipped; what was read can be used.
#include <sys/mman.h>
#include <unistd.h>

#include "broker/store/crc32c.h"
#include "broker/store/journal/changes.h"
#include "broker/store/journal/frame.h"
#include "broker/store/journal/segment_reader.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/require.h"

namespace {

using namespace forkmill;
using namespace forkmill::broker;
using fuzz::Feed;
using fuzz::require;

constexpr std::uint64_t kKey = 7;
constexpr proto::Epoch kEpoch{5};

std::string some_records(Feed& feed) {
  std::string records;
  for (std::size_t count = feed.below(6); count > 0; --count) {
    const auto kind = static_cast<RecordKind>(1 + feed.below(8));
    const proto::TaskSeq seq{feed.below(4)};
    const proto::Attempt attempt{static_cast<std::uint32_t>(feed.number())};
    if (kind == RecordKind::reschedule)
      append_record(records, {kind, seq, encode_body(Reschedule{seq, attempt, proto::milliseconds{feed.below(9)}})});
    else if (kind == RecordKind::dispatch)
      append_record(records, {kind, seq, encode_body(Dispatch{seq, attempt})});
    else
      append_record(records, {kind, seq, feed.bytes(5000)});
  }
  return records;
}

std::string some_frame(Feed& feed) {
  FrameHeader header;
  header.segment = static_cast<std::uint32_t>(1 + feed.below(4));
  header.epoch = feed.below(8) == 0 ? proto::Epoch{feed.number()} : kEpoch;
  header.commit = proto::CommitSeq{feed.number()};
  header.previous = proto::CommitSeq{feed.number()};
  const std::uint64_t key = feed.below(8) == 0 ? feed.number() : kKey;
  const std::string records = feed.flag() ? some_records(feed) : std::string{feed.bytes(5000)};
  header.size = feed.below(8) == 0 ? feed.number() : records.size();
  const auto bytes = encode_header(header, key, crc32c(records, begin_frame_crc(key)));
  const std::string frame = std::string{bytes.data(), bytes.size()} + records;
  if (key == kKey && header.epoch == kEpoch && header.size == records.size()) {
    const auto read = read_frame(frame, kKey, kEpoch);
    require(read && read->header.segment == header.segment && read->header.commit == header.commit &&
                read->header.previous == header.previous && read->records == records,
            "a frame is read as it was written");
  }
  return frame;
}

void check_sizes(const Changes& changes) {
  std::uint64_t bytes = 0;
  for (const auto& [seq, change] : changes.tasks()) bytes += change.bytes();
  for (const auto& [seq, place] : changes.records()) bytes += place.size;
  require(changes.bytes() == bytes && changes.growth() <= bytes, "the bytes of changes are those of their rows");
}

void read_rows(SegmentReader& reader, const Changes& changes) {
  const RowReader read = [&](const RowPlace& place) { return reader.read(place.at, place.size); };
  for (const auto& [seq, change] : changes.tasks())
    for (const RowPlace& place : {change.task, change.outcome})
      if (place) require(read(place).size() == place.size, "a row is where its frame was");
}

// As a start reads a segment.
void read_segment(SegmentReader& reader, std::uint64_t segment) {
  Changes changes;
  std::uint64_t at = 0;
  while (const auto frame = reader.frame(at)) {
    require(frame->header.epoch == kEpoch, "frames of other epochs are not read");
    if (frame->header.segment != segment) break;
    const char* begin = frame->records.data();
    (void)read_records(frame->records, [&](const JournalRecord& record) {
      const RowPlace place{frame->header.segment, static_cast<std::uint32_t>(record.body.size()),
                           at + kFrameHeader + static_cast<std::uint64_t>(record.body.data() - begin)};
      if (changes.matters(record.kind, record.seq)) (void)changes.add(record, place);
    });
    at += frame->bytes();
  }
  check_sizes(changes);
  read_rows(reader, changes);
  if (const auto later = reader.find(at, segment))
    require(later->epoch == kEpoch && later->segment >= segment, "no earlier frame is found");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("segment", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  Feed feed{data, size};
  std::string bytes;
  while (!feed.done()) {
    const std::string_view other = feed.below(4) == 0 ? feed.bytes(200) : std::string_view{};
    bytes += other;
    bytes += some_frame(feed);
  }
  if (feed.flag() && !bytes.empty()) bytes.pop_back();
  require(
      ::ftruncate(file, 0) == 0 && ::pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
      "the file can be written");
  SegmentReader reader{system_files(), path, kKey, kEpoch};
  read_segment(reader, 1);
  read_segment(reader, 3);
  return 0;
}
