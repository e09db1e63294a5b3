// The layout of a journal: what was written is read, and nothing else is.
#include "broker/store/journal/frame.h"

#include <doctest/doctest.h>

#include "broker/store/sqlite/crc32c.h"

using namespace forkmill::broker;
using forkmill::proto::Attempt;
using forkmill::proto::CommitSeq;
using forkmill::proto::Epoch;
using forkmill::proto::milliseconds;
using forkmill::proto::TaskSeq;

namespace {

constexpr std::uint64_t kFrameKey = 99;

std::string frame_of(const std::string& records, std::uint64_t segment = 3, std::uint64_t key = kFrameKey) {
  const FrameHeader header{records.size(), segment, Epoch{5}, CommitSeq{12}, CommitSeq{10}};
  const auto bytes = encode_header(header, crc32c(records, begin_frame_crc(key)));
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

TEST_CASE("a later frame is found behind anything, and a frame of an earlier segment is not") {
  const std::string bytes = "fmj1 is not a frame" + frame_of(two_records(), 2) + "x" + frame_of("", 3);
  const auto found = find_frame(bytes, kFrameKey, Epoch{5}, 3);
  REQUIRE(found);
  CHECK(found->header.segment == 3);
  CHECK_FALSE(find_frame(bytes, kFrameKey, Epoch{5}, 4));
  CHECK_FALSE(find_frame(frame_of("", 3, kFrameKey + 1), kFrameKey, Epoch{5}, 3));
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
