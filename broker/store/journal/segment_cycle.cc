#include "broker/store/journal/segment_cycle.h"

#include <algorithm>
#include <utility>

#include "proto/check.h"

namespace forkmill::broker {

namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

double ratio(std::uint64_t part, std::uint64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

}  // namespace

SegmentCycle::SegmentCycle(TaskDatabase& database, std::uint64_t segment_bytes)
    : database_{database}, segment_bytes_{segment_bytes}, journal_{database.directory()}, move_{database, journal_} {}

void SegmentCycle::begin() {
  const Meta& meta = database_.meta();
  last_ = meta.commit;
  last_seq_ = meta.last_seq;
  journal_.begin(meta.journal_key, meta.epoch, last_, segment_bytes());
}

void SegmentCycle::add(const JournalRecord& record) {
  newer_.add(record, journal_.append(record));
  if (record.kind == RecordKind::put_task || record.kind == RecordKind::put_record)
    last_seq_ = std::max(last_seq_, record.seq);
}

void SegmentCycle::commit(proto::CommitSeq number) {
  FORKMILL_CHECK(number > last_);
  unsynced_.bytes += journal_.commit(number);
  ++unsynced_.commits;
  last_ = number;
  database_.head().write(last_, last_seq_);
  keep_up();
}

// A segment whose tasks stay is shorter than one whose tasks end: the database must take them all, and waiting for more
// only makes its transaction longer.
double SegmentCycle::filled() const {
  constexpr std::uint64_t kMaxChanges = 300'000;  // about 30 MB of memory
  constexpr std::uint64_t kMaxBytes = 64 * kMiB;
  constexpr std::uint64_t kMaxGrowth = 16 * kMiB;
  return std::max({journal_.filled(), ratio(newer_.size(), kMaxChanges), ratio(newer_.bytes(), kMaxBytes),
                   ratio(newer_.growth(), kMaxGrowth)});
}

void SegmentCycle::keep_up() {
  constexpr double kMoved = 0.8;  // a segment has moved before the next one is full
  journal_.grow_ahead();
  if (unsynced_.are_many()) {
    database_.head().sync();
    unsynced_ = {};
  }
  if (database_.is_due_for_checkpoint())
    database_.checkpoint(false);
  else if (move_.under_way())
    move_.advance(filled() / kMoved);
  else if (filled() >= 1)
    begin_segment();
}

bool SegmentCycle::Unsynced::are_many() const {
  constexpr std::uint64_t kCommits = 4096;
  constexpr std::uint64_t kBytes = 16 * kMiB;
  return commits >= kCommits || bytes >= kBytes;
}

// A broker with little room must not fill the disk with its journal.
std::uint64_t SegmentCycle::segment_bytes() const {
  constexpr std::uint64_t kLeast = 4 * kMiB;
  constexpr std::uint64_t kShare = 64;
  const auto free = database_.directory().free_bytes();
  return free ? std::min(segment_bytes_, std::max(kLeast, *free / kShare)) : segment_bytes_;
}

void SegmentCycle::begin_segment() {
  journal_.next_segment(segment_bytes());
  move_.begin(std::exchange(newer_, {}), last_, last_seq_);
}

void SegmentCycle::settle() {
  move_.finish();
  if (last_ == database_.meta().commit) return;
  begin_segment();
  move_.finish();
}

// A commit behind a step waits for some milliseconds. Steps are longer than what commits add between them.
bool SegmentCycle::settle_by_step(std::size_t changes) {
  const std::size_t most = 8 * changes;
  const std::size_t last = 4 * changes;
  if (move_.rest().size() > changes) {
    move_.step(std::min(changes + newer_.size(), most));
    return false;
  }
  move_.finish();
  if (newer_.size() > last) {
    begin_segment();
    return false;
  }
  settle();
  return true;
}

bool SegmentCycle::prepare() {
  constexpr std::size_t kPiece = 2 * kMiB;  // a commit behind it waits for a few milliseconds
  constexpr std::uint64_t kRoom = 8;        // the disk must have room for this many journals
  const auto room = database_.directory().free_bytes();
  return (!room || *room >= kRoom * journal_.first_length()) && journal_.lengthen(kPiece);
}

}  // namespace forkmill::broker
