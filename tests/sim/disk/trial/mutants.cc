#include "tests/sim/disk/trial/mutants.h"

#include <array>
#include <utility>

namespace forkmill::sim {

using namespace broker;

namespace {

// Passes every call on to the store behind it.
class FaultyStore : public Store {
 public:
  explicit FaultyStore(std::unique_ptr<Store> store) : store_{std::move(store)} {}
  proto::Result<Identity> open() override { return store_->open(); }
  proto::Status load(const std::function<void(const TaskSummary&)>& visit) override { return store_->load(visit); }
  proto::Status load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) override {
    return store_->load_records(visit);
  }
  proto::Status apply(std::span<const StoreOp> ops) override { return store_->apply(ops); }
  proto::Status commit(proto::CommitSeq number) override { return store_->commit(number); }
  proto::Status fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) override {
    return store_->fetch(seqs, visit);
  }
  proto::Status scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) override {
    return store_->scan(before, visit);
  }
  proto::Status begin_backup(const std::string& path) override { return store_->begin_backup(path); }
  proto::Result<bool> continue_backup() override { return store_->continue_backup(); }
  proto::Result<bool> prepare() override { return store_->prepare(); }
  std::optional<std::uint64_t> free_bytes() override { return store_->free_bytes(); }
  std::uint64_t reusable_bytes() override { return store_->reusable_bytes(); }
  proto::Result<bool> make_room() override { return store_->make_room(); }
  bool durable() const override { return store_->durable(); }

 private:
  std::unique_ptr<Store> store_;
};

class AcknowledgesFailures final : public FaultyStore {
 public:
  using FaultyStore::FaultyStore;
  proto::Status commit(proto::CommitSeq number) override {
    (void)FaultyStore::commit(number);
    return {};
  }
};

class AcknowledgesEarly final : public FaultyStore {
 public:
  using FaultyStore::FaultyStore;
  proto::Status commit(proto::CommitSeq number) override {
    return ++count_ % 2 == 0 ? FaultyStore::commit(number) : proto::Status{};
  }

 private:
  int count_ = 0;
};

class KeepsItsEpoch final : public FaultyStore {
 public:
  using FaultyStore::FaultyStore;
  proto::Result<Identity> open() override {
    auto identity = FaultyStore::open();
    if (identity.ok() && identity->epoch.value() > 4) identity->epoch = proto::Epoch{4};
    return identity;
  }
};

class ForgetsItsLastNumber final : public FaultyStore {
 public:
  using FaultyStore::FaultyStore;
  proto::Result<Identity> open() override {
    auto identity = FaultyStore::open();
    if (!identity.ok()) return identity;
    identity->last_seq = {};
    auto status = load([&](const TaskSummary& task) { identity->last_seq = task.seq; });
    if (!status.ok()) return status.failure();
    status = load_records(
        [&](proto::TaskSeq seq, std::string_view) { identity->last_seq = std::max(identity->last_seq, seq); });
    if (!status.ok()) return status.failure();
    return identity;
  }
};

class FinishesTwice final : public FaultyStore {
 public:
  using FaultyStore::FaultyStore;
  proto::Status apply(std::span<const StoreOp> ops) override {
    for (const StoreOp& op : ops)
      if (auto status = apply_one(op); !status.ok()) return status;
    return {};
  }

 private:
  proto::Status apply_one(const StoreOp& op) {
    const auto* finish = std::get_if<Finish>(&op);
    if (finish == nullptr) return FaultyStore::apply({&op, 1});
    std::optional<StoredTask> old;
    auto status = FaultyStore::fetch({&finish->seq, 1}, [&](StoredTask task) { old = std::move(task); });
    if (!status.ok()) return status;
    if (!old || !old->finish) return FaultyStore::apply({&op, 1});
    const std::array<StoreOp, 3> again{Forget{finish->seq}, old->put, *finish};
    return FaultyStore::apply(again);
  }
};

class LeavesRecords final : public FaultyStore {
 public:
  using FaultyStore::FaultyStore;
  proto::Status apply(std::span<const StoreOp> ops) override {
    for (const StoreOp& op : ops) {
      if (std::holds_alternative<EraseRecord>(op)) continue;
      if (auto status = FaultyStore::apply({&op, 1}); !status.ok()) return status;
    }
    return {};
  }
};

template <class Kind>
std::unique_ptr<Store> wrapped(std::unique_ptr<Store> store) {
  return std::make_unique<Kind>(std::move(store));
}

DiskMutant journal_mutant(JournalMutant mutant, const char* name, const char* fault) {
  return {name, fault, {}, {}, false, mutant};
}

const std::array kMutants{
    DiskMutant{"journal-unsynced", "commits are reported before the journal is synced", {"-wal", "", ""}, {}},
    DiskMutant{"database-unsynced",
               "a checkpoint does not sync the database before the journal begins again",
               {"forkmill.db", "", ""},
               {}},
    DiskMutant{"directory-unsynced", "the names of new files are not synced", {"/data", "", ""}, {}},
    DiskMutant{
        "head-unwritten", "the number of the last commit is not written beside the database", {"", "/head", ""}, {}},
    DiskMutant{"checksums-unread", "rows are read without a look at their checksums", {}, {}, true},
    DiskMutant{"failures-acknowledged", "a commit that failed is reported as done", {}, wrapped<AcknowledgesFailures>},
    DiskMutant{"acknowledged-early",
               "every other commit is reported as done and made with the next one",
               {},
               wrapped<AcknowledgesEarly>},
    DiskMutant{"epoch-kept", "the epoch does not rise with every opening", {}, wrapped<KeepsItsEpoch>},
    DiskMutant{
        "last-number-forgotten", "numbers of forgotten tasks are given out again", {}, wrapped<ForgetsItsLastNumber>},
    DiskMutant{"finished-twice", "a second outcome takes the place of the first", {}, wrapped<FinishesTwice>},
    journal_mutant(JournalMutant::acknowledged_unsynced, "segment-unsynced",
                   "commits are reported before their segment is synced"),
    journal_mutant(JournalMutant::crc_ignored, "frames-unchecked", "frames of the journal are read without their CRC"),
    journal_mutant(JournalMutant::epoch_ignored, "old-frames-read", "frames of earlier openings are read"),
    journal_mutant(JournalMutant::gap_accepted, "gap-accepted",
                   "the journal ends at its first damaged frame, also if others follow"),
    journal_mutant(JournalMutant::order_ignored, "order-ignored",
                   "a segment is read whether or not it follows the one before it"),
    journal_mutant(JournalMutant::segment_dropped, "segment-dropped",
                   "a segment is written again before all of it is in the database"),
    journal_mutant(JournalMutant::segment_freed_early, "segment-freed-early",
                   "a segment is written again before the transaction with its rows is on disk"),
    journal_mutant(JournalMutant::last_segment_skipped, "last-segment-skipped",
                   "a start reads only the first of two segments that the database lacks"),
    journal_mutant(JournalMutant::forgotten_without_trace, "forgotten-without-trace",
                   "a task that the database has is forgotten in the journal only"),
    journal_mutant(JournalMutant::later_outcome_counts, "later-outcome-counts",
                   "a second outcome in a later segment takes the place of the first after a crash"),
    journal_mutant(JournalMutant::end_unchecked, "end-unchecked",
                   "the end of the journal is not compared with the head"),
    journal_mutant(JournalMutant::requeue_left_behind, "requeue-left-behind",
                   "the queue of a moved task is not written from the journal into the database"),
    journal_mutant(JournalMutant::left_out_of_backup, "left-out-of-backup",
                   "a backup has only what is in the database"),
    journal_mutant(JournalMutant::room_unmoved, "room-unmoved",
                   "a store that makes room leaves what only its journal has"),
    journal_mutant(JournalMutant::room_unmeasured, "room-unmeasured",
                   "a store makes room on a disk that has none for the work"),
    journal_mutant(JournalMutant::journal_cut_uncopied, "journal-cut-uncopied",
                   "the database's own journal is cut back before it is copied"),
    journal_mutant(JournalMutant::unwritten_pages_counted, "unwritten-pages-counted",
                   "free pages count as room also if the file has to grow by as many first"),
    DiskMutant{"records-left", "erased records are there again", {}, wrapped<LeavesRecords>},
};

}  // namespace

std::span<const DiskMutant> disk_mutants() { return kMutants; }

}  // namespace forkmill::sim
