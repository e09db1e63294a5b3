#include "broker/store/journal/journal_store.h"

#include <algorithm>

#include "broker/store/journal/mutants.h"
#include "broker/store/journal/replay.h"
#include "broker/store/store_error.h"
#include "proto/check.h"

namespace forkmill::broker {

namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

double ratio(std::uint64_t part, std::uint64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

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
    journal_ = std::make_unique<Journal>(database_->directory());
    const bool unchecked = mutant(JournalMutant::end_unchecked);
    database_->check_head(unchecked ? proto::CommitSeq{~std::uint64_t{0}} : replay.last());
    database_->begin();
    replay.write_down(database_->tables(), meta);
    meta.journal_segment = 1;
    meta.journal_key = options_.key;
    database_->start();
    last_ = meta.commit;
    last_seq_ = meta.last_seq;
    journal_->begin(meta.journal_key, meta.epoch, last_, segment_bytes());
    move_ = std::make_unique<SegmentMove>(*database_, *journal_);
    overlay_ = std::make_unique<Overlay>(*database_, *journal_, move_->rest(), newer_);
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
    head_.bytes += journal_->commit(number);
    ++head_.commits;
    last_ = number;
    database_->write_head(last_, last_seq_);
    keep_up();
  });
}

// A segment whose tasks stay is shorter than one whose tasks end: the database must take them all, and waiting for more
// only makes its transaction longer.
double JournalStore::filled() const {
  constexpr std::uint64_t kMaxChanges = 300'000;  // about 30 MB of memory
  constexpr std::uint64_t kMaxBytes = 64 * kMiB;
  constexpr std::uint64_t kMaxGrowth = 16 * kMiB;
  return std::max({journal_->filled(), ratio(newer_.size(), kMaxChanges), ratio(newer_.bytes(), kMaxBytes),
                   ratio(newer_.growth(), kMaxGrowth)});
}

void JournalStore::keep_up() {
  constexpr double kMoved = 0.8;  // a segment has moved before the next one is full
  journal_->grow_ahead();
  if (head_is_due()) {
    database_->sync_head();
    head_ = {};
  }
  if (database_->is_due_for_checkpoint())
    database_->checkpoint(false);
  else if (move_->under_way())
    move_->advance(filled() / kMoved);
  else if (filled() >= 1)
    begin_segment();
}

bool JournalStore::head_is_due() const {
  constexpr std::uint64_t kCommits = 4096;
  constexpr std::uint64_t kBytes = 16 * kMiB;
  return head_.commits >= kCommits || head_.bytes >= kBytes;
}

// A broker with little room must not fill the disk with its journal.
std::uint64_t JournalStore::segment_bytes() {
  constexpr std::uint64_t kLeast = 4 * kMiB;
  constexpr std::uint64_t kShare = 64;
  const auto free = free_bytes();
  return free ? std::min(options_.segment_bytes, std::max(kLeast, *free / kShare)) : options_.segment_bytes;
}

void JournalStore::begin_segment() {
  journal_->next_segment(segment_bytes());
  move_->begin(std::exchange(newer_, {}), last_, last_seq_);
}

void JournalStore::settle() {
  move_->finish();
  if (last_ == database_->meta().commit) return;
  begin_segment();
  move_->finish();
}

// A commit behind a step waits for some milliseconds. Steps are longer than what commits add between them.
bool JournalStore::settle_for_backup() {
  constexpr std::size_t kStep = 2048;
  constexpr std::size_t kMaxStep = 8 * kStep;
  constexpr std::size_t kLastStep = 4 * kStep;
  if (mutant(JournalMutant::left_out_of_backup)) return true;
  if (move_->rest().size() > kStep) {
    move_->step(std::min(kStep + newer_.size(), kMaxStep));
    return false;
  }
  move_->finish();
  if (newer_.size() > kLastStep) {
    begin_segment();
    return false;
  }
  settle();
  return true;
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
  if (backup_ && status_.ok()) {
    bool settled = false;
    const auto status = guarded([&] { settled = !journal_->pending() && settle_for_backup(); });
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
