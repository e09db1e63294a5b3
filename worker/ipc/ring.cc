#include "worker/ipc/ring.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace forkmill::worker {

namespace {

constexpr std::size_t kBufferKept = 1024 * 1024;  // memory kept for the next fragmented message

constexpr std::size_t offset_of(std::uint64_t position) { return static_cast<std::size_t>(position % kRingBytes); }

constexpr std::size_t record_size(std::size_t length) {
  return (sizeof(RecordHeader) + length + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

std::size_t total_of(Pieces pieces) {
  std::size_t total = 0;
  for (auto piece : pieces) total += piece.size();
  return total;
}

// Copies bytes [from, from + length) of the joined pieces.
void gather(Pieces pieces, std::size_t from, std::size_t length, char* out) {
  for (auto piece : pieces) {
    if (from >= piece.size()) {
      from -= piece.size();
      continue;
    }
    const std::size_t part = std::min(piece.size() - from, length);
    if (part != 0) std::memcpy(out, piece.data() + from, part);
    out += part;
    length -= part;
    from = 0;
  }
}

}  // namespace

RecordHeader& RingWriter::header_at(std::uint64_t position) const {
  return *std::launder(reinterpret_cast<RecordHeader*>(bytes_ + offset_of(position)));
}

std::size_t RingWriter::room() {
  const std::uint64_t tail = cursor_.tail.load(std::memory_order_acquire);
  if (tail < seen_tail_ || tail > head_ || head_ - tail > kRingBytes) {
    corrupt_ = true;
    return 0;
  }
  seen_tail_ = tail;
  return kRingBytes - static_cast<std::size_t>(head_ - tail);
}

void RingWriter::put(std::uint64_t position, std::uint8_t kind, std::uint32_t length, std::uint32_t total, bool more,
                     RecordState state) {
  RecordHeader& header = header_at(position);
  header.length = length;
  header.total = total;
  header.kind = kind;
  header.more = more ? 1 : 0;
  header.unused = 0;
  header.state.store(static_cast<std::uint32_t>(state), std::memory_order_relaxed);
}

std::optional<std::uint64_t> RingWriter::push(std::uint8_t kind, Pieces pieces, std::size_t& from, RecordState state) {
  const std::size_t total = total_of(pieces);
  const std::size_t length = std::min(total - from, kMaxFragment);
  const std::size_t size = record_size(length);
  const std::size_t to_end = kRingBytes - offset_of(head_);
  const std::size_t pad = size <= to_end ? 0 : to_end;
  const std::size_t need = pad + size;
  if (kRingBytes - static_cast<std::size_t>(head_ - seen_tail_) < need && room() < need) return std::nullopt;
  if (pad != 0) put(head_, kPadRecord, static_cast<std::uint32_t>(pad - sizeof(RecordHeader)), 0, false, {});
  const std::uint64_t position = head_ + pad;
  put(position, from == 0 ? kind : kRestRecord, static_cast<std::uint32_t>(length), static_cast<std::uint32_t>(total),
      from + length < total, state);
  gather(pieces, from, length, bytes_ + offset_of(position) + sizeof(RecordHeader));
  from += length;
  head_ = position + size;
  cursor_.head.store(head_, std::memory_order_release);
  return position;
}

std::atomic<std::uint32_t>* RingWriter::state_at(std::uint64_t position) const {
  if (head_ - position > kRingBytes) return nullptr;
  return &header_at(position).state;
}

RingReader::Look RingReader::look(Record& record) {
  for (;;) {
    if (seen_head_ == tail_) {
      const std::uint64_t head = cursor_.head.load(std::memory_order_acquire);
      if (head == tail_) return Look::empty;
      if (head < tail_ || head - tail_ > kRingBytes || head % kRecordAlignment != 0) return Look::corrupt;
      seen_head_ = head;
    }
    auto& header = *std::launder(reinterpret_cast<RecordHeader*>(bytes_ + offset_of(tail_)));
    const std::size_t length = std::atomic_ref{header.length}.load(std::memory_order_relaxed);
    const std::size_t to_end = kRingBytes - offset_of(tail_);
    if (length > kRingBytes) return Look::corrupt;
    next_ = record_size(length);
    if (next_ > to_end || next_ > seen_head_ - tail_) return Look::corrupt;
    record.kind = std::atomic_ref{header.kind}.load(std::memory_order_relaxed);
    record.more = std::atomic_ref{header.more}.load(std::memory_order_relaxed) != 0;
    record.total = std::atomic_ref{header.total}.load(std::memory_order_relaxed);
    record.bytes = {bytes_ + offset_of(tail_) + sizeof(RecordHeader), length};
    record.state = &header.state;
    if (record.kind != kPadRecord) return Look::record;
    consume();
  }
}

Assembler::Added Assembler::add(const Record& record) {
  if (record.kind != kRestRecord) {
    if (under_way() || record.total > kMaxMessage || record.bytes.size() > record.total) return Added::corrupt;
    kind_ = record.kind;
    if (!record.more) {
      if (buffer_.capacity() > kBufferKept) std::string{}.swap(buffer_);
      message_ = record.bytes;
      return record.bytes.size() == record.total ? Added::whole : Added::corrupt;
    }
    total_ = record.total;
    buffer_.clear();
    buffer_.reserve(total_);
  } else if (!under_way()) {
    return Added::corrupt;
  }
  if (buffer_.size() + record.bytes.size() > total_) return Added::corrupt;
  buffer_.append(record.bytes);
  if (record.more) return Added::part;
  if (buffer_.size() != total_) return Added::corrupt;
  total_ = 0;
  message_ = buffer_;
  return Added::whole;
}

}  // namespace forkmill::worker
