// The layout of a journal. A segment is a file of frames from its beginning; each frame is one commit. A frame is a
// header and the records of its changes:
//
//   frame    magic, CRC32C of records and header, CRC32C of the header, segment, size of the records, epoch, number of
//            the commit, number of the one before it
//   record   kind, size of the body, number of the task or of the piece of an object; the body
//
// The body of a record is the row that the database will hold (broker/store/sqlite/row.h), the numbers of a Reschedule
// or a Dispatch, or nothing. That of a Requeue is a row of table progression, of which the rest does not count. Both
// CRCs begin with a key that only the store knows: a client that sends the bytes of a frame as an argument cannot forge
// one. The header has its own, so that a search through arguments that are full of beginnings of frames is quick. Pure
// functions.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "broker/store/records.h"

namespace forkmill::broker {

enum class RecordKind : std::uint8_t {
  put_task = 1,
  finish = 2,
  reschedule = 3,
  dispatch = 4,
  forget = 5,
  put_record = 6,
  erase_record = 7,
  requeue = 8
};

struct FrameHeader {
  std::uint64_t size = 0;  // bytes of the records
  std::uint32_t segment = 0;
  proto::Epoch epoch;
  proto::CommitSeq commit;
  proto::CommitSeq previous;
};
constexpr std::string_view kFrameMagic = "fmj1";
constexpr std::size_t kFrameHeader = 48;
using FrameHeaderBytes = std::array<char, kFrameHeader>;

// Returns the CRC of no records yet; crc32c() continues it over them.
std::uint32_t begin_frame_crc(std::uint64_t key);
// `crc` is that of the records.
FrameHeaderBytes encode_header(const FrameHeader& header, std::uint64_t key, std::uint32_t crc);

struct Frame {
  FrameHeader header;
  std::string_view records;
  std::uint64_t bytes() const { return kFrameHeader + records.size(); }
};
// Returns the header at the beginning of `bytes`; none if there is no intact one with this key and epoch.
std::optional<FrameHeader> read_header(std::string_view bytes, std::uint64_t key, proto::Epoch epoch);
// Returns the frame at the beginning of `bytes`; none if there is no intact one with this key and epoch.
std::optional<Frame> read_frame(std::string_view bytes, std::uint64_t key, proto::Epoch epoch);

struct JournalRecord {
  RecordKind kind;
  proto::TaskSeq seq;
  std::string_view body;
};
constexpr std::size_t kRecordHeader = 16;
// Appends a record. REQUIRES: the body is smaller than 4 GiB.
void append_record(std::string& bytes, const JournalRecord& record);
// Calls `visit` for each record. Returns false if `records` is malformed.
bool read_records(std::string_view records, const std::function<void(const JournalRecord&)>& visit);

// The bodies of a Reschedule and of a Dispatch.
std::string encode_body(const Reschedule& op);
std::string encode_body(const Dispatch& op);
// Return the op of a record; a body of another size gives none.
std::optional<Reschedule> decode_reschedule(const JournalRecord& record);
std::optional<Dispatch> decode_dispatch(const JournalRecord& record);

}  // namespace forkmill::broker
