// The layout of a journal: what was written is read, and nothing else is.
#include "broker/store/journal/frame.h"

#include "broker/store/crc32c.h"
#include "broker/store/journal/segment_reader.h"
#include "tests/unit/store/rig.h"

namespace frame_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::Attempt;
using forkmill::proto::CommitSeq;
using forkmill::proto::Epoch;
using forkmill::proto::milliseconds;
using forkmill::proto::TaskSeq;

namespace {

constexpr std::uint64_t kFrameKey = 99;

std::string frame_of(const std::string& records, std::uint32_t segment = 3, std::uint64_t key = kFrameKey) {
  const FrameHeader header{records.size(), segment, Epoch{5}, CommitSeq{12}, CommitSeq{10}};
  const auto bytes = encode_header(header, key, crc32c(records, begin_frame_crc(key)));
  return std::string{bytes.data(), bytes.size()} + records;
}

std::string two_records() {
  std::string records;
  append_record(records, {RecordKind::put_task, TaskSeq{7}, "row"});
  append_record(records, {RecordKind::forget, TaskSeq{8}, ""});
  return records;
}

}  // namespace

TEST_CASE("a frame is read as it was written, also if bytes follow it") {
  const std::string bytes = frame_of(two_records()) + "more";
  const auto frame = read_frame(bytes, kFrameKey, Epoch{5});
  REQUIRE(frame);
  CHECK(frame->header.segment == 3);
  CHECK(frame->header.commit == CommitSeq{12});
  CHECK(frame->header.previous == CommitSeq{10});
  CHECK(frame->records == two_records());
  CHECK(frame->bytes() == bytes.size() - 4);
}

TEST_CASE("a frame of another epoch or with another key is none") {
  const std::string bytes = frame_of(two_records());
  CHECK_FALSE(read_frame(bytes, kFrameKey, Epoch{6}));
  CHECK_FALSE(read_frame(bytes, kFrameKey + 1, Epoch{5}));
}

TEST_CASE("a frame that was cut short or has a flipped bit is none") {
  const std::string bytes = frame_of(two_records());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(read_frame(std::string_view{bytes}.substr(0, size), kFrameKey, Epoch{5}));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    CHECK_FALSE(read_frame(damaged, kFrameKey, Epoch{5}));
  }
}

TEST_CASE("the header of a frame is read without its records") {
  const std::string bytes = frame_of(two_records());
  const auto header = read_header(std::string_view{bytes}.substr(0, kFrameHeader), kFrameKey, Epoch{5});
  REQUIRE(header);
  CHECK(header->size == two_records().size());
  CHECK_FALSE(read_header(std::string_view{bytes}.substr(0, kFrameHeader - 1), kFrameKey, Epoch{5}));
  CHECK_FALSE(read_header(bytes, kFrameKey + 1, Epoch{5}));
  CHECK_FALSE(read_header(bytes, kFrameKey, Epoch{6}));
}

TEST_CASE("a later frame is found behind anything, and a frame of an earlier segment is not") {
  Folder folder;
  const std::string path = folder.path("segment");
  const auto found = [&](const std::string& bytes, std::uint64_t at, std::uint64_t segment) {
    write_file(path, bytes);
    return SegmentReader{system_files(), path, kFrameKey, Epoch{5}}.find(at, segment);
  };
  const std::string bytes = "fmj1 is not a frame" + frame_of(two_records(), 2) + "x" + frame_of("", 3);
  REQUIRE(found(bytes, 0, 3));
  CHECK(found(bytes, 0, 3)->segment == 3);
  CHECK(found(bytes, bytes.size() - kFrameHeader, 3));
  CHECK_FALSE(found(bytes, bytes.size() - kFrameHeader + 1, 3));
  CHECK_FALSE(found(bytes, 0, 4));
  CHECK_FALSE(found(frame_of("", 3, kFrameKey + 1), 0, 3));
  // Around the end of the chunk that is searched at a time, and far beyond it.
  constexpr std::size_t kPiece = 1024 * 1024;
  for (const std::size_t at : {kPiece - kFrameHeader, kPiece - 1, kPiece, kPiece + 1, 3 * kPiece + 5})
    CHECK(found(std::string(at, 'x') + frame_of(two_records()), 0, 3));
}

TEST_CASE("frames are read one after the other, however large they are") {
  Folder folder;
  std::string records;
  for (int n = 0; n < 30; ++n) append_record(records, {RecordKind::put_task, TaskSeq{7}, std::string(100'000, 'r')});
  write_file(folder.path("segment"), frame_of(two_records()) + frame_of(records) + frame_of("") + "rest");
  SegmentReader reader{system_files(), folder.path("segment"), kFrameKey, Epoch{5}};
  std::uint64_t at = 0;
  for (const std::string& expected : {two_records(), records, std::string{}}) {
    const auto frame = reader.frame(at);
    REQUIRE(frame);
    CHECK(frame->records == expected);
    at += frame->bytes();
  }
  CHECK_FALSE(reader.frame(at));
  CHECK_FALSE(reader.frame(at + 100));
  CHECK(reader.read(at, 100) == "rest");
}

// The arguments of a task may be a journal, or look like one.
TEST_CASE("a search through many beginnings of frames with a wrong key is quick") {
  Folder folder;
  std::string bytes;
  const std::string large = frame_of(std::string(32 << 20, 'r'), 3, kFrameKey + 1).substr(0, kFrameHeader);
  while (bytes.size() < 32 << 20) bytes += large;
  write_file(folder.path("segment"), bytes + bytes);
  SegmentReader reader{system_files(), folder.path("segment"), kFrameKey, Epoch{5}};
  CHECK_FALSE(reader.find(0, 1));  // hours, if records were read for each of them
}

TEST_CASE("records are visited in order, and malformed ones are refused") {
  std::string seen;
  const auto visit = [&](const JournalRecord& record) {
    seen += std::to_string(static_cast<int>(record.kind)) + ":" + std::to_string(record.seq.value()) + ":" +
            std::string{record.body} + " ";
  };
  const std::string records = two_records();
  CHECK(read_records(records, visit));
  CHECK(seen == "1:7:row 5:8: ");
  CHECK_FALSE(read_records(std::string_view{records}.substr(0, records.size() - 1), visit));
  CHECK_FALSE(read_records(std::string{"\x09"} + records.substr(1), visit));
  CHECK_FALSE(read_records(std::string{'\0'} + records.substr(1), visit));
}

TEST_CASE("the numbers of a Reschedule and of a Dispatch are read as they were written") {
  const Reschedule again{TaskSeq{4}, Attempt{2}, milliseconds{-9}};
  const Dispatch sent{TaskSeq{4}, Attempt{3}};
  CHECK(decode_reschedule({RecordKind::reschedule, TaskSeq{4}, encode_body(again)}) == again);
  CHECK(decode_dispatch({RecordKind::dispatch, TaskSeq{4}, encode_body(sent)}) == sent);
  CHECK_FALSE(decode_reschedule({RecordKind::reschedule, TaskSeq{4}, "short"}));
  CHECK_FALSE(decode_dispatch({RecordKind::dispatch, TaskSeq{4}, "too long"}));
}

}  // namespace frame_test
