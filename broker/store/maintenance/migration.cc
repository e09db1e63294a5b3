#include "broker/store/maintenance/migration.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "broker/store/journal/journal_store.h"
#include "broker/store/postgres/postgres_store.h"
#include "broker/store/postgres/schema.h"
#include "broker/store/store_error.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kCopySlice = 128;                 // tasks that are read at a time
constexpr std::size_t kCommitBytes = 32 * 1024 * 1024;  // the size of a commit in the database, about
constexpr const char* kUnfinished = " (a migration that was not completed)";

void require(const proto::Status& status) {
  if (!status.ok()) throw StoreError{status.failure().text};
}

Store::Identity open_loaded(Store& store, const std::function<void(const TaskSummary&)>& visit) {
  const auto identity = store.open();
  if (!identity.ok()) throw StoreError{identity.failure().text};
  require(store.load(visit));
  return identity.value();
}

// Returns the changes that make a task what it is.
std::vector<StoreOp> changes_of(const StoredTask& task) {
  std::vector<StoreOp> ops;
  ops.emplace_back(task.put);
  const proto::TaskSeq seq = task.put.seq;
  const Progression& progression = task.progression;
  if (progression != Progression{}) ops.emplace_back(Reschedule{seq, progression.attempts, progression.due});
  if (progression.dispatched) ops.emplace_back(Dispatch{seq, proto::Attempt{progression.attempts.value() + 1}});
  if (task.finish) ops.emplace_back(*task.finish);
  return ops;
}

// Copy: writes into the database, in commits of bounded size.
class Copy {
 public:
  // Throws StoreError in commit() once `stopped` returns true.
  Copy(Store& target, proto::CommitSeq last, std::function<bool()> stopped)
      : target_{target}, last_{last}, stopped_{std::move(stopped)} {}

  void add(const std::vector<StoreOp>& ops, std::size_t bytes) {
    require(target_.apply(ops));
    bytes_ += bytes;
    if (bytes_ >= kCommitBytes) commit();
  }
  void commit() {
    if (stopped_()) {
      throw StoreError{
          "stopped before everything was copied: drop the schema (DROP SCHEMA forkmill CASCADE), and begin again"};
    }
    last_ = last_.next();
    require(target_.commit(last_));
    bytes_ = 0;
  }

 private:
  Store& target_;
  proto::CommitSeq last_;
  const std::function<bool()> stopped_;
  std::size_t bytes_ = 0;
};

void copy_tasks(Store& source, std::span<const proto::TaskSeq> seqs, Copy& copy) {
  for (; !seqs.empty(); seqs = seqs.subspan(std::min(kCopySlice, seqs.size()))) {
    require(source.fetch(seqs.first(std::min(kCopySlice, seqs.size())), [&](const StoredTask& task) {
      constexpr std::size_t kRow = 256;
      copy.add(changes_of(task), kRow + proto::given_bytes(*task.put.spec, task.put.payload.size()) +
                                     (task.finish ? task.finish->outcome.value.size() : 0));
    }));
  }
}

struct Copied {
  MigrationReport report;
  std::string key_book;
};

Copied copy_all(Store& source, const PostgresOptions& options, const ReadKeyBook& read_key_book) {
  Copied copied;
  MigrationReport& report = copied.report;
  std::vector<proto::TaskSeq> seqs;
  const auto identity = open_loaded(source, [&](const TaskSummary& task) {
    seqs.push_back(task.seq);
    report.outcomes += task.end ? 1 : 0;
  });
  report.tasks = seqs.size();
  if (read_key_book) copied.key_book = read_key_book();  // no broker has the directory now
  PostgresOptions unfinished = options;
  unfinished.cluster += kUnfinished;
  unfinished.origin = {identity.id, identity.epoch, identity.last, identity.last_seq};
  PostgresStore target{std::move(unfinished)};
  open_loaded(target, [](const TaskSummary&) {});
  Copy copy{target, identity.last, options.stopped};
  copy_tasks(source, seqs, copy);
  require(source.load_records([&](proto::TaskSeq seq, std::string_view bytes) {
    copy.add({PutRecord{seq, std::string{bytes}}}, bytes.size());
    ++report.records;
  }));
  copy.commit();
  return copied;
}

}  // namespace

proto::Result<MigrationReport> migrate_to(const std::string& directory, PostgresOptions target,
                                          const ReadKeyBook& read_key_book) {
  try {
    if (!std::filesystem::exists(directory + "/forkmill.db"))
      throw StoreError{"there is no data directory " + directory};
    JournalStore source{{{directory, "unused"}, 1}};
    const Patience patience{target.answer};
    const auto session = [&] {
      return open_session(target.surroundings.connect, target.address, patience, {target.safety});
    };
    if (has_schema(*session())) {
      throw StoreError{
          "the database has schema forkmill already: name an empty database, or drop the schema, with all "
          "tasks in it (DROP SCHEMA forkmill CASCADE)"};
    }
    const Copied copied = copy_all(source, target, read_key_book);
    // A new session: one that had waited for the copy might be lost by now, and the copy with it.
    const auto last = session();
    if (!copied.key_book.empty()) replace_key_book(*last, copied.key_book);
    rename_cluster(*last, target.cluster);
    return copied.report;
  } catch (const Interrupted& interrupted) {
    return proto::Failure{Errc::unknown, target.address.shown() + ": " + interrupted.what()};
  } catch (const StoreError& error) {
    return error.failure();
  }
}

}  // namespace forkmill::broker
