#include "broker/store/sqlite/row.h"

#include "broker/store/bytes.h"
#include "broker/store/crc32c.h"
#include "proto/wire/reader.h"
#include "proto/wire/writer.h"

namespace forkmill::broker {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kRequeuedVersion = 2;  // a progression with priority and queue; an older forkmill refuses it
constexpr std::size_t kChecksumAt = 1;
constexpr std::size_t kBodyAt = 5;  // after version and checksum

// task
constexpr std::size_t kIdAt = kBodyAt;
constexpr std::size_t kSubmittedAt = kIdAt + 16;
constexpr std::size_t kOwnerAt = kSubmittedAt + 8;
constexpr std::size_t kPayloadSizeAt = kOwnerAt + 8;
constexpr std::size_t kSpecSizeAt = kPayloadSizeAt + 4;
constexpr std::size_t kTaskHeader = kSpecSizeAt + 4;

// outcome
constexpr std::size_t kOutcomeKindAt = kBodyAt;
constexpr std::size_t kFinishedAt = kOutcomeKindAt + 1;
constexpr std::size_t kValueSizeAt = kFinishedAt + 8;
constexpr std::size_t kOutcomeHeader = kValueSizeAt + 4;

// progression
constexpr std::size_t kAttemptsAt = kBodyAt;
constexpr std::size_t kDueAt = kAttemptsAt + 4;
constexpr std::size_t kDispatchedAt = kDueAt + 8;
constexpr std::size_t kProgressionRow = kDispatchedAt + 1;
constexpr std::size_t kPriorityAt = kProgressionRow;
constexpr std::size_t kQueueAt = kPriorityAt + 1;

constexpr std::size_t kKeepBuffer = 1024 * 1024;  // a larger buffer is released after use

constexpr RowCoder::Damage kSound{};
constexpr RowCoder::Damage kTooShort = "it is too short";
constexpr RowCoder::Damage kNewer = "its version is not known: a newer forkmill wrote it, or it is damaged";
constexpr RowCoder::Damage kMismatch = "its checksum does not match";
constexpr RowCoder::Damage kUnreadable = "its contents cannot be decoded";

RowCoder::Damage decode_outcome(std::string_view row, proto::Outcome& outcome) {
  proto::Reader reader{row.substr(kOutcomeHeader), {}};
  reader.get(outcome);
  return reader.error() == Errc::ok && reader.at_end() ? kSound : kUnreadable;
}

std::uint32_t checksum(RowKind kind, proto::TaskSeq seq, std::string_view row) {
  char prefix[16] = {};  // whole words: the fast path of the CRC instruction
  put_number(prefix, static_cast<std::uint8_t>(kind));
  put_number(prefix + 1, static_cast<std::uint8_t>(row[0]));
  put_number(prefix + 8, seq.value());
  return crc32c(row.substr(kBodyAt), crc32c({prefix, sizeof prefix}));
}

RowCoder::Damage verify(RowKind kind, proto::TaskSeq seq, std::string_view row, std::size_t header) {
  if (row.size() < kBodyAt) return kTooShort;
  const auto version = static_cast<std::uint8_t>(row[0]);
  if (version != kVersion && (kind != RowKind::progression || version != kRequeuedVersion)) return kNewer;
  if (checksum(kind, seq, row) != row_checksum(row)) return kMismatch;
  return row.size() < header ? kTooShort : kSound;
}

std::string_view encoded(const TaskSpec& spec, std::string& bytes) {
  proto::ByteBuffer buffer;
  proto::Writer{buffer, nullptr}.put(spec);
  return bytes = buffer.view();
}

bool read_kind(std::string_view row, proto::OutcomeKind& kind) {
  const auto number = static_cast<std::uint8_t>(row[kOutcomeKindAt]);
  if (number < proto::first_number(kind) || number > static_cast<std::uint8_t>(proto::last_of(kind))) return false;
  kind = static_cast<proto::OutcomeKind>(number);
  return true;
}

}  // namespace

const char* table_name(RowKind kind) {
  switch (kind) {
    case RowKind::task:
      return "task";
    case RowKind::outcome:
      return "outcome";
    case RowKind::progression:
      return "progression";
    case RowKind::record:
      break;
  }
  return "record";
}

std::uint32_t row_checksum(std::string_view row) {
  return row.size() < kBodyAt ? 0 : get_number<std::uint32_t>(row.data() + kChecksumAt);
}

bool row_is_intact(RowKind kind, proto::TaskSeq seq, std::string_view row) {
  return verify(kind, seq, row, kBodyAt).empty();
}

void RowCoder::begin(std::size_t header) {
  if (row_.capacity() > kKeepBuffer) row_ = {};
  row_.resize(header);
  row_[0] = static_cast<char>(kVersion);
}

std::string_view RowCoder::seal(RowKind kind, proto::TaskSeq seq) {
  put_number(row_.data() + kChecksumAt, checksum(kind, seq, row_));
  return row_;
}

const std::string& RowCoder::spec_bytes(const SharedSpec& spec) {
  if (written_[last_written_].spec == spec) return written_[last_written_].bytes;
  for (std::size_t i = 0; i < written_.size(); ++i) {
    if (written_[i].spec != spec) continue;
    last_written_ = i;
    return written_[i].bytes;
  }
  last_written_ = next_written_;
  next_written_ = (next_written_ + 1) % written_.size();
  KnownSpec& known = written_[last_written_];
  encoded(*spec, known.bytes);
  known.spec = spec;
  return known.bytes;
}

std::string_view RowCoder::encode(const PutTask& put) {
  const std::string& spec = spec_bytes(put.spec);
  begin(kTaskHeader);
  char* header = row_.data();
  std::memcpy(header + kIdAt, put.id.bytes().data(), put.id.bytes().size());
  put_number(header + kSubmittedAt, static_cast<std::int64_t>(put.submitted_at.count()));
  put_number(header + kOwnerAt, put.owner);
  put_number(header + kPayloadSizeAt, static_cast<std::uint32_t>(put.payload.size()));
  put_number(header + kSpecSizeAt, static_cast<std::uint32_t>(spec.size()));
  row_.append(spec);
  row_.append(put.payload.view());
  return seal(RowKind::task, put.seq);
}

std::string_view RowCoder::encode(const Finish& finish) {
  begin(kOutcomeHeader);
  row_[kOutcomeKindAt] = static_cast<char>(finish.outcome.kind);
  put_number(row_.data() + kFinishedAt, static_cast<std::int64_t>(finish.finished_at.count()));
  put_number(row_.data() + kValueSizeAt, static_cast<std::uint32_t>(finish.outcome.value.size()));
  if (outcome_.capacity() > kKeepBuffer) outcome_ = {};
  outcome_.clear();
  proto::Writer{outcome_, nullptr}.put(finish.outcome);
  row_.append(outcome_.view());
  return seal(RowKind::outcome, finish.seq);
}

std::string_view RowCoder::encode(proto::TaskSeq seq, const ProgressionRow& row) {
  const Progression& progression = row.progression;
  begin(kProgressionRow);
  put_number(row_.data() + kAttemptsAt, progression.attempts.value());
  put_number(row_.data() + kDueAt, static_cast<std::int64_t>(progression.due.count()));
  row_[kDispatchedAt] = static_cast<char>(progression.dispatched ? 1 : 0);
  if (row.requeued) {
    row_[0] = static_cast<char>(kRequeuedVersion);
    row_ += static_cast<char>(row.requeued->priority);
    row_ += row.requeued->queue;
  }
  return seal(RowKind::progression, seq);
}

std::string_view RowCoder::encode(const PutRecord& record) {
  begin(kBodyAt);
  row_.append(record.bytes);
  return seal(RowKind::record, record.seq);
}

const SharedSpec* RowCoder::spec_of(std::string_view bytes) {
  KnownSpec& known = read_[crc32c(bytes) % read_.size()];
  if (known.spec && known.bytes == bytes) return &known.spec;
  proto::Reader reader{bytes, {}};
  auto spec = std::make_shared<TaskSpec>();
  reader.get(*spec);
  if (reader.error() != Errc::ok || !reader.at_end()) return nullptr;
  known.bytes = bytes;
  known.spec = std::move(spec);
  return &known.spec;
}

RowCoder::Damage RowCoder::decode_task(proto::TaskSeq seq, std::string_view row, TaskParts& parts) {
  if (const Damage damage = verify(RowKind::task, seq, row, kTaskHeader); !damage.empty()) return damage;
  const auto payload_size = get_number<std::uint32_t>(row.data() + kPayloadSizeAt);
  const auto spec_size = get_number<std::uint32_t>(row.data() + kSpecSizeAt);
  if (row.size() != kTaskHeader + std::size_t{spec_size} + payload_size) return kUnreadable;
  const SharedSpec* spec = spec_of(row.substr(kTaskHeader, spec_size));
  if (spec == nullptr) return kUnreadable;
  parts.spec = *spec;
  TaskId::Bytes id;
  std::memcpy(id.data(), row.data() + kIdAt, id.size());
  parts.id = TaskId{id};
  parts.submitted_at = milliseconds{get_number<std::int64_t>(row.data() + kSubmittedAt)};
  parts.owner = get_number<std::uint64_t>(row.data() + kOwnerAt);
  parts.payload = row.substr(kTaskHeader + spec_size);
  return kSound;
}

RowCoder::Damage RowCoder::decode(proto::TaskSeq seq, std::string_view row, TaskSummary& task) {
  TaskParts parts;
  if (const Damage damage = decode_task(seq, row, parts); !damage.empty()) return damage;
  task.seq = seq;
  task.id = parts.id;
  task.spec = std::move(parts.spec);
  task.payload_bytes = parts.payload.size();
  task.owner = parts.owner;
  task.submitted_at = parts.submitted_at;
  return kSound;
}

RowCoder::Damage RowCoder::decode(proto::TaskSeq seq, std::string_view row, PutTask& put) {
  TaskParts parts;
  if (const Damage damage = decode_task(seq, row, parts); !damage.empty()) return damage;
  put = {seq, parts.id, std::move(parts.spec), proto::Payload::copy(parts.payload), parts.owner, parts.submitted_at};
  return kSound;
}

RowCoder::Damage RowCoder::decode(proto::TaskSeq seq, std::string_view row, TaskSummary::End& end) {
  if (const Damage damage = verify(RowKind::outcome, seq, row, kOutcomeHeader); !damage.empty()) return damage;
  if (!read_kind(row, end.kind)) return kUnreadable;
  end.finished_at = milliseconds{get_number<std::int64_t>(row.data() + kFinishedAt)};
  end.bytes = get_number<std::uint32_t>(row.data() + kValueSizeAt);
  if (end.kind == proto::OutcomeKind::succeeded) return kSound;
  proto::Outcome outcome;
  if (const Damage damage = decode_outcome(row, outcome); !damage.empty()) return damage;
  end.text_bytes = text_bytes(outcome);
  return kSound;
}

RowCoder::Damage RowCoder::decode(proto::TaskSeq seq, std::string_view row, Finish& finish) {
  TaskSummary::End end;
  if (const Damage damage = decode(seq, row, end); !damage.empty()) return damage;
  Finish read{seq, {}, end.finished_at};
  if (const Damage damage = decode_outcome(row, read.outcome); !damage.empty()) return damage;
  finish = std::move(read);
  return kSound;
}

RowCoder::Damage RowCoder::decode(proto::TaskSeq seq, std::string_view row, ProgressionRow& read) {
  const bool requeued = !row.empty() && static_cast<std::uint8_t>(row[0]) == kRequeuedVersion;
  const std::size_t header = requeued ? kQueueAt : kProgressionRow;
  if (const Damage damage = verify(RowKind::progression, seq, row, header); !damage.empty()) return damage;
  Progression& progression = read.progression;
  progression.attempts = proto::Attempt{get_number<std::uint32_t>(row.data() + kAttemptsAt)};
  progression.due = milliseconds{get_number<std::int64_t>(row.data() + kDueAt)};
  progression.dispatched = row[kDispatchedAt] != 0;
  read.requeued.reset();
  if (requeued) {
    const auto priority = static_cast<std::int8_t>(row[kPriorityAt]);
    read.requeued = Requeue{seq, std::string{row.substr(kQueueAt)}, priority};
  }
  return kSound;
}

RowCoder::Damage RowCoder::decode(proto::TaskSeq seq, std::string_view row, std::string_view& record) {
  if (const Damage damage = verify(RowKind::record, seq, row, kBodyAt); !damage.empty()) return damage;
  record = row.substr(kBodyAt);
  return kSound;
}

}  // namespace forkmill::broker
