// Rows of the database <-> records. A row is a BLOB: a version byte, a CRC32C over everything else about it (its
// table, its number, its bytes), a header of fixed layout, and what is long:
//
//   task         id, submitted_at, owner, sizes; the spec (msgpack); the payload
//   outcome      kind, finished_at, size of the value; the outcome (msgpack)
//   progression  attempts, due, dispatched; of a requeued task also priority and queue
//   record       the bytes
//
// RowCoder keeps its buffers and the most recent specs: a row with a known spec costs no allocation and no msgpack
// decoding. One thread owns it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/store/records.h"
#include "proto/wire/byte_buffer.h"

namespace forkmill::broker {

enum class RowKind : std::uint8_t { task = 1, outcome = 2, progression = 3, record = 4 };
const char* table_name(RowKind kind);

// ProgressionRow: what a row of table progression holds.
struct ProgressionRow {
  Progression progression;
  std::optional<Requeue> requeued{};  // the last one; it may come after the task's end
};

// Returns the checksum stored in a row; 0 if the row is too short.
std::uint32_t row_checksum(std::string_view row);
// Returns whether the row is of that table and number, by its checksum.
bool row_is_intact(RowKind kind, proto::TaskSeq seq, std::string_view row);

class RowCoder {
 public:
  // Returns the row for the argument; the view is valid until the next call.
  std::string_view encode(const PutTask& put);
  std::string_view encode(const Finish& finish);
  std::string_view encode(proto::TaskSeq seq, const ProgressionRow& progression);
  std::string_view encode(const PutRecord& record);

  // The result of decode(): what is wrong with the row; empty if it is intact. The last argument is set only then.
  using Damage = std::string_view;
  Damage decode(proto::TaskSeq seq, std::string_view row, TaskSummary& task);  // sets all but progression and end
  Damage decode(proto::TaskSeq seq, std::string_view row, PutTask& put);
  Damage decode(proto::TaskSeq seq, std::string_view row, TaskSummary::End& end);
  Damage decode(proto::TaskSeq seq, std::string_view row, Finish& finish);
  static Damage decode(proto::TaskSeq seq, std::string_view row, ProgressionRow& progression);
  Damage decode(proto::TaskSeq seq, std::string_view row, std::string_view& record);  // points into `row`

 private:
  struct TaskParts {
    TaskId id;
    milliseconds submitted_at{0};
    std::uint64_t owner = 0;
    SharedSpec spec;
    std::string_view payload;
  };
  struct KnownSpec {
    SharedSpec spec;
    std::string bytes;
  };

  void begin(std::size_t header);
  std::string_view seal(RowKind kind, proto::TaskSeq seq);
  const std::string& spec_bytes(const SharedSpec& spec);
  const SharedSpec* spec_of(std::string_view bytes);  // null: not a spec
  Damage decode_task(proto::TaskSeq seq, std::string_view row, TaskParts& parts);

  std::string row_;
  std::array<KnownSpec, 8> written_;  // looked up by pointer, replaced in turns
  std::size_t next_written_ = 0;
  std::size_t last_written_ = 0;
  std::vector<KnownSpec> read_ = std::vector<KnownSpec>(256);  // indexed by the checksum of the bytes
  proto::ByteBuffer outcome_;
};

}  // namespace forkmill::broker
