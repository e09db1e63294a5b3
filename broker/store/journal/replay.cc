#include "broker/store/journal/replay.h"

#include <algorithm>

#include "broker/store/journal/mutants.h"
#include "broker/store/store_error.h"

namespace forkmill::broker {

Replay::Replay(DataDir& directory, const Meta& meta) : last_{meta.commit}, last_seq_{meta.last_seq} {
  if (meta.journal_segment == 0) return;
  read_segment(directory, meta, meta.journal_segment);
  if (damage_.empty() && !mutant(JournalMutant::last_segment_skipped))
    read_segment(directory, meta, meta.journal_segment + 1);
}

// Commits follow each other in one order, and each is safe before the next one is written. Therefore a frame that
// follows a gap proves that there was one before it; a gap that nothing follows is where the last commit was broken
// off, unless the head knows more.
void Replay::read_segment(DataDir& directory, const Meta& meta, std::uint64_t segment) {
  path_ = directory.segment(segment);
  const std::string way_out = ": restore a backup, or go on with the commits before that: forkmill-broker --data " +
                              directory.path() + " --accept-loss";
  const auto size = file_size(directory.files(), path_);
  if (!size) {
    damage_ = path_ + " is missing, and with it may be commits after " + std::to_string(last_.value()) + way_out;
    return;
  }
  auto& reader = segments_[segment % 2];
  reader = std::make_unique<SegmentReader>(directory.files(), path_, meta.journal_key, meta.epoch);
  std::uint64_t at = 0;
  while (const auto frame = reader->frame(at)) {
    const bool next = frame->header.previous == last_ || mutant(JournalMutant::order_ignored);
    if (frame->header.segment != segment || !next) break;
    add(*frame, at);
    at += frame->bytes();
  }
  if (mutant(JournalMutant::gap_accepted)) return;
  if (const auto later = reader->find(at, segment))
    damage_ = path_ + " is damaged: commit " + std::to_string(later->commit.value()) +
              " is there, but not all between it and commit " + std::to_string(last_.value()) + way_out;
}

void Replay::add(const Frame& frame, std::uint64_t at) {
  const char* begin = frame.records.data();
  const bool sound = read_records(frame.records, [&](const JournalRecord& record) {
    const RowPlace place{frame.header.segment, static_cast<std::uint32_t>(record.body.size()),
                         at + kFrameHeader + static_cast<std::uint64_t>(record.body.data() - begin)};
    // A change that mattered to its segment alone may not matter to both.
    const bool matters = changes_.matters(record.kind, record.seq) || mutant(JournalMutant::later_outcome_counts);
    if (matters && !changes_.add(record, place))
      throw StoreError{path_ + " has a record that cannot be decoded: restore a backup"};
    if (record.kind == RecordKind::put_task || record.kind == RecordKind::put_record)
      last_seq_ = std::max(last_seq_, record.seq);
  });
  if (!sound) throw StoreError{path_ + " has a frame that cannot be decoded: restore a backup"};
  last_ = frame.header.commit;
}

void Replay::write_down(Tables& tables, Meta& meta) {
  const RowReader read = [this](const RowPlace& place) {
    return segments_[place.segment % 2]->read(place.at, place.size);
  };
  changes_.write_down(tables, read, changes_.size());
  meta.commit = last_;
  meta.last_seq = last_seq_;
}

}  // namespace forkmill::broker
