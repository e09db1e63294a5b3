// A byte ring between one producer and one consumer that share memory but do not trust each other. It carries messages
// as records: a header and bytes, contiguous, 16-byte aligned. A message larger than kMaxFragment goes through as
// several records (fragments).
//
// Each side keeps its own position in private memory and publishes a copy. A position of the other side that is not
// possible counts as `corrupt`. Bytes handed out lie in shared memory and may change under the reader: read each field
// once, by copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "worker/ipc/shared_area.h"

namespace forkmill::worker {

// State of a task's record. The child starts the task by queued → started, the link revokes it by queued → revoked.
// Exactly one of the two succeeds.
enum class RecordState : std::uint32_t { none = 0, queued = 1, started = 2, revoked = 3 };

struct RecordHeader {
  std::uint32_t length;  // bytes that follow
  std::uint32_t total;   // bytes of the whole message
  std::uint8_t kind;
  std::uint8_t more;  // 1: a further fragment of the message follows
  std::uint16_t unused;
  std::atomic<std::uint32_t> state;  // RecordState
};
static_assert(sizeof(RecordHeader) == 16);

inline constexpr std::size_t kRecordAlignment = 16;
inline constexpr std::size_t kMaxFragment = kRingBytes / 4 - sizeof(RecordHeader);
inline constexpr std::size_t kMaxMessage = 72 * 1024 * 1024;  // the largest payload, with head and texts

inline constexpr std::uint8_t kPadRecord = 0xFE;   // fills the end of the ring before a wrap
inline constexpr std::uint8_t kRestRecord = 0xFF;  // second and later fragments of a message

// A message to write, in pieces that are joined in the ring.
using Pieces = std::span<const std::string_view>;

class RingWriter {
 public:
  RingWriter(RingCursor& cursor, char* bytes) : cursor_{cursor}, bytes_{bytes} {}

  // Writes the fragment of the message that starts at byte `from`, publishes it and advances `from`. Returns the
  // record's position; empty if there is no room now.
  std::optional<std::uint64_t> push(std::uint8_t kind, Pieces pieces, std::size_t& from, RecordState state);

  // Makes pushed records visible before sleep flags that are read after it.
  void settle() { cursor_.head.store(head_, std::memory_order_seq_cst); }

  // Returns the state word of a record that was pushed; null when its place has been used again, so the record was
  // consumed.
  std::atomic<std::uint32_t>* state_at(std::uint64_t position) const;

  std::uint64_t head() const { return head_; }
  bool corrupt() const { return corrupt_; }

 private:
  std::size_t room();
  RecordHeader& header_at(std::uint64_t position) const;
  void put(std::uint64_t position, std::uint8_t kind, std::uint32_t length, std::uint32_t total, bool more,
           RecordState state);

  RingCursor& cursor_;
  char* bytes_;
  std::uint64_t head_ = 0;
  std::uint64_t seen_tail_ = 0;
  bool corrupt_ = false;
};

struct Record {
  std::uint8_t kind = 0;
  bool more = false;
  std::uint32_t total = 0;
  std::string_view bytes;  // in shared memory, valid until consume()
  std::atomic<std::uint32_t>* state = nullptr;
};

class RingReader {
 public:
  enum class Look { empty, record, corrupt };

  RingReader(RingCursor& cursor, char* bytes) : cursor_{cursor}, bytes_{bytes} {}

  // Looks at the next record without consuming it.
  Look look(Record& record);
  // Goes on behind the record that look() returned. The places of consumed records become free for the producer when
  // they are an eighth of the ring, or after publish(). Returns whether they have just become free.
  bool consume() {
    tail_ += next_;
    next_ = 0;
    if (tail_ - published_ < kRingBytes / 8) return false;
    publish();
    return true;
  }
  // Frees the places of all records that have been consumed. Ordered with the sleep flags.
  void publish() {
    if (published_ != tail_) cursor_.tail.store(tail_, std::memory_order_seq_cst);
    published_ = tail_;
  }

  // True if there is no record now. Ordered with the sleep flags (sequentially consistent).
  bool empty() const { return cursor_.head.load(std::memory_order_seq_cst) == tail_; }
  // Bytes that the producer can use once all that was consumed is free.
  std::size_t room() const { return kRingBytes - static_cast<std::size_t>(seen_head_ - tail_); }

 private:
  RingCursor& cursor_;
  char* bytes_;
  std::uint64_t tail_ = 0;
  std::uint64_t published_ = 0;  // the tail that the producer knows
  std::uint64_t seen_head_ = 0;
  std::size_t next_ = 0;  // size of the record that look() returned last
};

// Assembler: joins the fragments of a message. A message in one record is not copied.
class Assembler {
 public:
  enum class Added { whole, part, corrupt };
  Added add(const Record& record);
  // The message that add() called whole. Valid until the ring's consume() or the next add().
  std::uint8_t kind() const { return kind_; }
  std::string_view message() const { return message_; }
  // Some fragments of a message have been added, and some are missing.
  bool under_way() const { return total_ != 0; }

 private:
  std::uint8_t kind_ = 0;
  std::size_t total_ = 0;  // bytes of the message under way; 0: none
  std::string buffer_;
  std::string_view message_;
};

}  // namespace forkmill::worker
