#include "broker/store/journal/journal_store.h"

#include <algorithm>

#include "broker/store/journal/mutants.h"
#include "broker/store/journal/replay.h"
#include "broker/store/store_error.h"
#include "proto/check.h"

namespace forkmill::broker {

namespace {

// Returns the bytes of a segment, given the free bytes of the disk.
std::uint64_t fitting(std::uint64_t segment_bytes, std::optional<std::uint64_t> free) {
  constexpr std::uint64_t kLeast = 4ULL * 1024 * 1024;
  constexpr std::uint64_t kShare = 64;
  return free ? std::min(segment_bytes, std::max(kLeast, *free / kShare)) : segment_bytes;
}

}  // namespace

JournalStore::JournalStore(JournalOptions options) : options_{std::move(options)} {}

// Changes that are not committed are dropped. A failure here only makes the next opening slower.
JournalStore::~JournalStore() {
  backup_.reset();
  if (overlay_ == nullptr || !status_.ok() || journal_->pending()) return;
  (void)guarded([this] {
    settle();
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
    journal_ = std::make_unique<Journal>(database_->directory(), fitting(options_.segment_bytes, free_bytes()));
    const bool unchecked = mutant(JournalMutant::end_unchecked);
    database_->check_head(unchecked ? proto::CommitSeq{~std::uint64_t{0}} : replay.last());
    database_->begin();
    replay.write_down(database_->tables(), meta);
    meta.journal_segment = 1;
    meta.journal_key = options_.key;
    database_->start();
    last_ = meta.commit;
    last_seq_ = meta.last_seq;
    journal_->begin(meta.journal_key, meta.epoch, last_);
    overlay_ = std::make_unique<Overlay>(*database_, *journal_, older_, newer_);
  });
  if (!status.ok()) return status.failure();
  const Meta& meta = database_->meta();
  return Identity{meta.store, meta.epoch, last_, last_seq_};
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
  if (op.seq <= last_seq_ && overlay_->has_task(op.seq)) return;
  add({RecordKind::put_task, op.seq, coder_.encode(op)});
}

void JournalStore::apply(const Reschedule& op) { change({RecordKind::reschedule, op.seq, encode_body(op)}); }
void JournalStore::apply(const Dispatch& op) { change({RecordKind::dispatch, op.seq, encode_body(op)}); }
void JournalStore::apply(const Finish& op) { change({RecordKind::finish, op.seq, coder_.encode(op)}); }
void JournalStore::apply(const Forget& op) { change({RecordKind::forget, op.seq, {}}); }
void JournalStore::apply(const PutRecord& op) { add({RecordKind::put_record, op.seq, coder_.encode(op)}); }
void JournalStore::apply(const EraseRecord& op) { change({RecordKind::erase_record, op.seq, {}}); }

void JournalStore::change(const JournalRecord& record) {
  if (record.seq <= last_seq_ && newer_.matters(record.kind, record.seq)) add(record);
}

void JournalStore::add(const JournalRecord& record) {
  newer_.add(record, journal_->append(record));
  if (record.kind == RecordKind::put_task || record.kind == RecordKind::put_record)
    last_seq_ = std::max(last_seq_, record.seq);
}

proto::Status JournalStore::commit(proto::CommitSeq number) {
  return guarded([&] {
    FORKMILL_CHECK(number > last_);
    journal_->commit(number);
    last_ = number;
    database_->write_head(last_, last_seq_);
    keep_up();
  });
}

double JournalStore::filled() const {
  constexpr double kMost = 300'000;  // about 30 MB
  return std::max(journal_->filled(), static_cast<double>(newer_.size()) / kMost);
}

void JournalStore::keep_up() {
  constexpr double kDone = 0.8;  // a segment has moved before the next one is full
  if (move_.under_way) {
    const double share = filled() / kDone;
    if (share >= 1) {
      finish_move();
    } else {
      const auto due = static_cast<std::size_t>(share * static_cast<double>(move_.changes));
      const std::size_t moved = move_.changes - older_.size();
      if (due > moved) move(due - moved);
    }
  }
  if (!move_.under_way && filled() >= 1) begin_segment();
}

void JournalStore::begin_segment() {
  older_ = std::exchange(newer_, {});
  move_ = {true, older_.size(), last_, last_seq_};
  journal_->next_segment();
}

void JournalStore::move(std::size_t most) {
  database_->begin();
  const RowReader read = [this](const RowPlace& place) { return journal_->read(place); };
  older_.write_down(database_->tables(), read, most);
}

void JournalStore::finish_move() {
  if (!move_.under_way) return;
  if (!mutant(JournalMutant::segment_dropped)) move(older_.size());
  Meta& meta = database_->meta();
  meta.commit = move_.last;
  meta.last_seq = move_.last_seq;
  meta.journal_segment = journal_->segment();
  database_->commit();
  move_ = {};
}

void JournalStore::settle() {
  finish_move();
  if (last_ == database_->meta().commit) return;
  begin_segment();
  finish_move();
}

proto::Status JournalStore::fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) {
  return guarded([&] { overlay_->fetch(seqs, visit); });
}

proto::Status JournalStore::scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  return guarded([&] { overlay_->scan(before, visit); });
}

proto::Status JournalStore::begin_backup(const std::string& path) {
  if (!status_.ok()) return status_;
  return begin_copy(backup_, database_->database(), path, *options_.database.files);
}

proto::Result<bool> JournalStore::continue_backup() {
  constexpr std::size_t kStep = 2048;  // a commit behind it waits for a few milliseconds
  if (backup_ && status_.ok()) {
    bool settled = false;
    const auto status = guarded([&] {
      if (journal_->pending()) return;
      if (!move_.under_way && newer_.size() > kStep) begin_segment();
      if (older_.size() > kStep) return move(kStep);
      if (!mutant(JournalMutant::left_out_of_backup)) settle();
      settled = true;
    });
    if (status.ok() && !settled) return false;
  }
  if (!status_.ok()) return status_.failure();
  return continue_copy(backup_);
}

proto::Result<bool> JournalStore::prepare() {
  constexpr std::size_t kPiece = 2 * 1024 * 1024;  // a commit behind it waits for a few milliseconds
  constexpr std::uint64_t kRoom = 8;               // the disk must have room for this many journals
  bool more = false;
  const auto status = guarded([&] {
    const auto room = free_bytes();
    if (!room || *room >= kRoom * journal_->first_length()) more = journal_->lengthen(kPiece);
  });
  if (!status.ok()) return status.failure();
  return more;
}

std::optional<std::uint64_t> JournalStore::free_bytes() {
  return database_ ? database_->directory().free_bytes() : std::nullopt;
}

}  // namespace forkmill::broker
