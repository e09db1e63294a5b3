#include "broker/store/journal/journal_store.h"

#include "broker/store/journal/disk_room.h"
#include "broker/store/journal/mutants.h"
#include "broker/store/journal/replay.h"
#include "broker/store/store_error.h"
#include "proto/check.h"

namespace forkmill::broker {

JournalStore::JournalStore(JournalOptions options) : options_{std::move(options)} {}

// Changes that are not committed are dropped. A failure here only makes the next opening slower.
JournalStore::~JournalStore() {
  backup_.reset();
  if (overlay_ == nullptr || !status_.ok() || cycle_->pending()) return;
  (void)guarded([this] {
    cycle_->settle();
    database_->begin();
    database_->meta().journal_segment = 0;
    database_->meta().journal_key = 0;
    database_->commit();
    database_->checkpoint(true);
  });
}

template <class Work>
proto::Status JournalStore::guarded(const Work& work) {
  if (!status_.ok()) return status_;
  try {
    work();
  } catch (const StoreError& error) {
    status_ = error.failure();
  }
  return status_;
}

proto::Result<Store::Identity> JournalStore::open() {
  FORKMILL_CHECK(database_ == nullptr);
  const auto status = guarded([this] {
    database_ = std::make_unique<TaskDatabase>(options_.database);
    Meta& meta = database_->meta();
    Replay replay{database_->directory(), meta};
    if (!replay.damage().empty()) throw StoreError{replay.damage()};
    cycle_ = std::make_unique<SegmentCycle>(*database_, options_.segment_bytes);
    const bool unchecked = mutant(JournalMutant::end_unchecked);
    database_->head().check(unchecked ? proto::CommitSeq{~std::uint64_t{0}} : replay.last());
    database_->begin();
    replay.write_down(database_->tables(), meta);
    meta.journal_segment = 1;
    meta.journal_key = options_.key;
    database_->start();
    cycle_->begin();
    overlay_ = std::make_unique<Overlay>(*database_, cycle_->journal(), cycle_->moving(), cycle_->newer());
  });
  if (!status.ok()) return status.failure();
  const Meta& meta = database_->meta();
  return Identity{meta.store, meta.epoch, cycle_->last(), cycle_->last_seq()};
}

proto::Status JournalStore::load(const std::function<void(const TaskSummary&)>& visit) {
  return guarded([&] { overlay_->load(visit); });
}

proto::Status JournalStore::load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) {
  return guarded([&] { overlay_->load_records(visit); });
}

proto::Status JournalStore::apply(std::span<const StoreOp> ops) {
  return guarded([&] {
    for (const auto& op : ops) std::visit([this](const auto& one) { apply(one); }, op);
  });
}

// A number above all others belongs to nothing yet.
void JournalStore::apply(const PutTask& op) {
  if (op.seq <= cycle_->last_seq() && overlay_->has_task(op.seq)) return;
  cycle_->add({RecordKind::put_task, op.seq, coder_.encode(op)});
}

void JournalStore::apply(const Reschedule& op) { change({RecordKind::reschedule, op.seq, encode_body(op)}); }
void JournalStore::apply(const Dispatch& op) { change({RecordKind::dispatch, op.seq, encode_body(op)}); }
void JournalStore::apply(const Requeue& op) {
  change({RecordKind::requeue, op.seq, coder_.encode(op.seq, ProgressionRow{{}, op})});
}
void JournalStore::apply(const Finish& op) { change({RecordKind::finish, op.seq, coder_.encode(op)}); }
void JournalStore::apply(const Forget& op) { change({RecordKind::forget, op.seq, {}}); }
void JournalStore::apply(const PutRecord& op) { cycle_->add({RecordKind::put_record, op.seq, coder_.encode(op)}); }
void JournalStore::apply(const EraseRecord& op) { change({RecordKind::erase_record, op.seq, {}}); }

void JournalStore::change(const JournalRecord& record) {
  if (record.seq <= cycle_->last_seq() && cycle_->newer().matters(record.kind, record.seq)) cycle_->add(record);
}

proto::Status JournalStore::commit(proto::CommitSeq number) {
  return guarded([&] { cycle_->commit(number); });
}

proto::Status JournalStore::fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) {
  return guarded([&] { overlay_->fetch(seqs, visit); });
}

proto::Status JournalStore::scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  return guarded([&] { overlay_->scan(before, visit); });
}

proto::Status JournalStore::begin_backup(const std::string& path) {
  if (!status_.ok()) return status_;
  return begin_copy(backup_, database_->database(), path, *options_.database.files, options_.backup);
}

proto::Result<bool> JournalStore::continue_backup() {
  if (backup_ && status_.ok()) {
    bool settled = false;
    const std::size_t step = options_.step_changes;
    const bool left_out = mutant(JournalMutant::left_out_of_backup);
    const auto status = guarded([&] { settled = !cycle_->pending() && (left_out || cycle_->settle_by_step(step)); });
    if (status.ok() && !settled) return false;
  }
  if (!status_.ok()) return status_.failure();
  return continue_copy(backup_);
}

proto::Result<bool> JournalStore::prepare() {
  bool more = false;
  const auto status = guarded([&] { more = cycle_->prepare(); });
  if (!status.ok()) return status.failure();
  return more;
}

std::uint64_t JournalStore::written_bytes() const { return cycle_ ? cycle_->journal().written_bytes() : 0; }

std::optional<std::uint64_t> JournalStore::free_bytes() {
  return database_ ? database_->directory().free_bytes() : std::nullopt;
}

std::uint64_t JournalStore::reusable_bytes() {
  std::uint64_t bytes = 0;
  (void)guarded([&] { bytes = database_ ? broker::reusable_bytes(*database_) : 0; });
  return bytes;
}

proto::Result<bool> JournalStore::make_room() {
  bool more = false;
  const auto status =
      guarded([&] { more = !cycle_->pending() && broker::make_room(*cycle_, *database_, options_.step_changes); });
  if (!status.ok()) return status.failure();
  return more;
}

}  // namespace forkmill::broker
