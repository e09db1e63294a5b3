#include "broker/store/journal/segment_move.h"

#include "broker/store/journal/mutants.h"
#include "proto/check.h"

namespace forkmill::broker {

void SegmentMove::begin(Changes changes, proto::CommitSeq last, proto::TaskSeq last_seq) {
  FORKMILL_CHECK(!under_way_);
  under_way_ = true;
  rest_ = std::move(changes);
  total_ = rest_.size();
  unsynced_ = 0;
  last_ = last;
  last_seq_ = last_seq;
}

void SegmentMove::advance(double share) {
  if (share >= 1) return finish();
  const auto due = static_cast<std::size_t>(share * static_cast<double>(total_));
  const std::size_t moved = total_ - rest_.size();
  if (due > moved) step(due - moved);
}

void SegmentMove::step(std::size_t most) {
  constexpr std::uint64_t kSyncAfter = 2ULL * 1024 * 1024;
  database_.begin();
  const RowReader read = [this](const RowPlace& place) { return journal_.read(place); };
  unsynced_ += rest_.write_down(database_.tables(), read, most);
  if (unsynced_ < kSyncAfter) return;
  database_.database().sync_journal();
  unsynced_ = 0;
}

void SegmentMove::finish() {
  if (!under_way_) return;
  database_.begin();
  if (!mutant(JournalMutant::segment_dropped)) step(rest_.size());
  Meta& meta = database_.meta();
  meta.commit = last_;
  meta.last_seq = last_seq_;
  meta.journal_segment = journal_.segment();
  if (!mutant(JournalMutant::segment_freed_early)) database_.commit();
  under_way_ = false;
  rest_ = {};
}

}  // namespace forkmill::broker
