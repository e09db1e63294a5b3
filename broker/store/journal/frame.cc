#include "broker/store/journal/frame.h"

#include <cstring>

#include "broker/store/bytes.h"
#include "broker/store/crc32c.h"
#include "broker/store/journal/mutants.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kCrcAt = 4;
constexpr std::size_t kHeaderCrcAt = 8;
constexpr std::size_t kNumbersAt = 12;
constexpr std::size_t kRescheduleBody = 12;
constexpr std::size_t kDispatchBody = 4;

}  // namespace

std::uint32_t begin_frame_crc(std::uint64_t key) { return crc32c({reinterpret_cast<const char*>(&key), sizeof key}); }

FrameHeaderBytes encode_header(const FrameHeader& header, std::uint64_t key, std::uint32_t crc) {
  FrameHeaderBytes bytes{};
  const std::string_view view{bytes.data(), bytes.size()};
  std::memcpy(bytes.data(), kFrameMagic.data(), kFrameMagic.size());
  put_number(bytes.data() + 12, header.segment);
  put_number(bytes.data() + 16, header.size);
  put_number(bytes.data() + 24, header.epoch.value());
  put_number(bytes.data() + 32, header.commit.value());
  put_number(bytes.data() + 40, header.previous.value());
  put_number(bytes.data() + kHeaderCrcAt, crc32c(view.substr(kNumbersAt), begin_frame_crc(key)));
  put_number(bytes.data() + kCrcAt, crc32c(view.substr(kHeaderCrcAt), crc));
  return bytes;
}

std::optional<FrameHeader> read_header(std::string_view bytes, std::uint64_t key, proto::Epoch epoch) {
  if (bytes.size() < kFrameHeader || !bytes.starts_with(kFrameMagic)) return std::nullopt;
  FrameHeader header;
  header.segment = get_number<std::uint32_t>(bytes.data() + 12);
  header.size = get_number<std::uint64_t>(bytes.data() + 16);
  header.epoch = proto::Epoch{get_number<std::uint64_t>(bytes.data() + 24)};
  header.commit = proto::CommitSeq{get_number<std::uint64_t>(bytes.data() + 32)};
  header.previous = proto::CommitSeq{get_number<std::uint64_t>(bytes.data() + 40)};
  if (header.epoch != epoch && !mutant(JournalMutant::epoch_ignored)) return std::nullopt;
  const std::uint32_t crc = crc32c(bytes.substr(kNumbersAt, kFrameHeader - kNumbersAt), begin_frame_crc(key));
  return crc == get_number<std::uint32_t>(bytes.data() + kHeaderCrcAt) ? std::optional{header} : std::nullopt;
}

std::optional<Frame> read_frame(std::string_view bytes, std::uint64_t key, proto::Epoch epoch) {
  const auto header = read_header(bytes, key, epoch);
  if (!header || header->size > bytes.size() - kFrameHeader) return std::nullopt;
  const std::string_view records = bytes.substr(kFrameHeader, header->size);
  const std::string_view covered = bytes.substr(kHeaderCrcAt, kFrameHeader - kHeaderCrcAt);
  const std::uint32_t crc = crc32c(covered, crc32c(records, begin_frame_crc(key)));
  if (crc != get_number<std::uint32_t>(bytes.data() + kCrcAt) && !mutant(JournalMutant::crc_ignored))
    return std::nullopt;
  return Frame{*header, records};
}

void append_record(std::string& bytes, const JournalRecord& record) {
  char header[kRecordHeader] = {static_cast<char>(record.kind)};
  put_number(header + 4, static_cast<std::uint32_t>(record.body.size()));
  put_number(header + 8, record.seq.value());
  bytes.append(header, sizeof header);
  bytes.append(record.body);
}

bool read_records(std::string_view records, const std::function<void(const JournalRecord&)>& visit) {
  while (!records.empty()) {
    if (records.size() < kRecordHeader) return false;
    const auto kind = static_cast<std::uint8_t>(records[0]);
    const auto size = get_number<std::uint32_t>(records.data() + 4);
    if (kind < static_cast<std::uint8_t>(RecordKind::put_task) ||
        kind > static_cast<std::uint8_t>(RecordKind::requeue) || size > records.size() - kRecordHeader)
      return false;
    visit({static_cast<RecordKind>(kind), proto::TaskSeq{get_number<std::uint64_t>(records.data() + 8)},
           records.substr(kRecordHeader, size)});
    records.remove_prefix(kRecordHeader + size);
  }
  return true;
}

std::string encode_body(const Reschedule& op) {
  std::string body(kRescheduleBody, '\0');
  put_number(body.data(), op.attempts.value());
  put_number(body.data() + 4, static_cast<std::int64_t>(op.due.count()));
  return body;
}

std::string encode_body(const Dispatch& op) {
  std::string body(kDispatchBody, '\0');
  put_number(body.data(), op.attempt.value());
  return body;
}

std::optional<Reschedule> decode_reschedule(const JournalRecord& record) {
  if (record.body.size() != kRescheduleBody) return std::nullopt;
  return Reschedule{record.seq, proto::Attempt{get_number<std::uint32_t>(record.body.data())},
                    milliseconds{get_number<std::int64_t>(record.body.data() + 4)}};
}

std::optional<Dispatch> decode_dispatch(const JournalRecord& record) {
  if (record.body.size() != kDispatchBody) return std::nullopt;
  return Dispatch{record.seq, proto::Attempt{get_number<std::uint32_t>(record.body.data())}};
}

}  // namespace forkmill::broker
