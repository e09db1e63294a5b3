// Backups, and what is done to directories while no broker runs on them.
#include "broker/store/maintenance/maintenance.h"

#include <sys/stat.h>
#include <unistd.h>

#include "broker/store/sqlite/schema.h"
#include "tests/unit/store/rig.h"

namespace maintenance_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::CommitSeq;
using forkmill::proto::TaskSeq;

namespace {

// n tasks of some kilobytes, every third finished, by commits of ten, each with the number of its first task.
void fill(Store& store, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t n = from; n < to; n += 10) {
    std::vector<StoreOp> ops;
    for (std::uint64_t i = n; i < n + 10; ++i) {
      PutTask task = put(i);
      task.payload = forkmill::proto::Payload::own(std::string(5000, static_cast<char>('a' + i % 26)));
      ops.emplace_back(std::move(task));
      if (i % 3 == 0) ops.emplace_back(finish(i));
    }
    commit(store, n, std::move(ops));
  }
}

std::vector<StoredTask> everything(Store& store) {
  std::vector<StoredTask> tasks;
  REQUIRE(store
              .scan(TaskSeq{1'000'000},
                    [&](StoredTask task) {
                      tasks.push_back(std::move(task));
                      return true;
                    })
              .ok());
  return tasks;
}

void finish_backup(Store& store) {
  for (;;) {
    const auto done = store.continue_backup();
    REQUIRE(done.ok());
    if (done.value()) return;
  }
}

void change(const std::string& directory, const std::string& sql) {
  Database database{directory + "/forkmill.db", Database::Open::existing};
  database.run(sql.c_str());
}

// A bit of the payload in the row of a task or an outcome.
std::string damage(const char* table, int row) {
  return std::string{"UPDATE "} + table + " SET row = CAST(substr(row, 1, length(row) - 3) || x'00' || " +
         "substr(row, length(row) - 1) AS BLOB) WHERE seq = " + std::to_string(row);
}

template <class Report>
std::string text_of(const forkmill::proto::Result<Report>& result) {
  return result.ok() ? "" : result.failure().text;
}

}  // namespace

TEST_CASE("a backup is taken while commits go on, and can be restored") {
  Folder folder;
  const std::string copy = folder.path("backup.db");
  auto store = open_store(folder.path("data"), 1 << 20);
  fill(*store, 10, 1500);
  REQUIRE(store->begin_backup(copy).ok());
  CHECK(contains(store->begin_backup(folder.path("second.db")).failure().text, "under way already"));
  std::uint64_t next = 1500;
  int steps = 0;
  for (bool done = false; !done; ++steps) {
    fill(*store, next, next + 20);
    commit(*store, next + 11,
           {Forget{TaskSeq{next - 700}}, record(90'000, std::to_string(next)), record(90'000 + next, "piece")});
    // Uncommitted changes do not get into the copy.
    REQUIRE(store->apply(std::vector<StoreOp>{put(next + 50'000), record(200'000, "uncommitted")}).ok());
    CHECK_FALSE(store->continue_backup().value());
    CHECK_FALSE(std::filesystem::exists(copy));
    REQUIRE(store->apply(std::vector<StoreOp>{Forget{TaskSeq{next + 50'000}}, EraseRecord{TaskSeq{200'000}}}).ok());
    REQUIRE(store->commit(CommitSeq{next + 12}).ok());
    const auto result = store->continue_backup();
    REQUIRE(result.ok());
    done = result.value();
    next += 20;
  }
  CHECK(steps > 2);
  CHECK_FALSE(std::filesystem::exists(copy + ".partial"));
  CHECK_FALSE(std::filesystem::exists(copy + "-wal"));
  CHECK_FALSE(store->continue_backup().ok());
  const auto expected = everything(*store);
  const auto expected_records = records(*store);
  CHECK(expected_records.size() == static_cast<std::size_t>(steps) + 1);

  const auto restored = restore(copy, folder.path("restored"), "store-2");
  REQUIRE_MESSAGE(restored.ok(), text_of(restored));
  CHECK(restored->tasks == expected.size());
  CHECK(restored->records == expected_records.size());
  auto second = make_store(folder.path("restored"));
  const auto identity = second->open();
  REQUIRE(identity.ok());
  CHECK(identity->id == "store-2");
  CHECK(identity->epoch.value() > 1'000'000);
  CHECK(summaries(*second).size() == expected.size());
  CHECK(everything(*second) == expected);
  CHECK(records(*second) == expected_records);
  second.reset();
  CHECK(check(folder.path("restored"))->findings.empty());
}

TEST_CASE("a backup overwrites nothing, and the store survives its failure") {
  Folder folder;
  auto store = open_store(folder.path("data"));
  fill(*store, 10, 600);
  write_file(folder.path("taken"), "mine");
  CHECK(contains(store->begin_backup(folder.path("taken")).failure().text, "exists"));
  CHECK(read_file(folder.path("taken")) == "mine");
  CHECK(contains(store->begin_backup(folder.path("no/such/place")).failure().text, "No such file or directory"));
  // Another program takes the name in the meantime.
  REQUIRE(store->begin_backup(folder.path("late")).ok());
  write_file(folder.path("late"), "mine");
  forkmill::proto::Result<bool> result = false;
  while (result.ok() && !result.value()) result = store->continue_backup();
  REQUIRE_FALSE(result.ok());
  CHECK(contains(result.failure().text, "File exists"));
  CHECK(read_file(folder.path("late")) == "mine");
  CHECK_FALSE(std::filesystem::exists(folder.path("late.partial")));
  // An unfinished backup is removed with its store, and a leftover of a crash does not block the next one.
  write_file(folder.path("again.partial"), std::string(100, 'x'));
  REQUIRE(store->begin_backup(folder.path("again")).ok());
  finish_backup(*store);
  REQUIRE(store->begin_backup(folder.path("unfinished")).ok());
  store.reset();
  CHECK_FALSE(std::filesystem::exists(folder.path("unfinished.partial")));
  CHECK(restore(folder.path("again"), folder.path("copy"), "store-2").ok());
}

TEST_CASE("a restore verifies the backup and overwrites nothing") {
  Folder folder;
  const std::string directory = folder.path("data");
  auto store = open_store(directory);
  fill(*store, 10, 200);
  REQUIRE(store->begin_backup(folder.path("backup.db")).ok());
  finish_backup(*store);
  CHECK(contains(text_of(restore(folder.path("backup.db"), directory, "x")), "is in use by another broker"));
  CHECK(contains(text_of(restore(directory + "/forkmill.db", folder.path("new"), "x")), "has a journal beside it"));
  store.reset();
  CHECK(contains(text_of(restore(folder.path("backup.db"), directory, "x")), "has a database already"));
  CHECK(contains(text_of(restore(folder.path("none"), folder.path("new"), "x")), "there is no file"));
  write_file(folder.path("text"), std::string(9000, 'x'));
  CHECK(contains(text_of(restore(folder.path("text"), folder.path("new"), "x")), "is not a database"));

  std::string bytes = read_file(folder.path("backup.db"));
  const std::size_t at = bytes.find(std::string(2000, 'k'));
  REQUIRE(at != std::string::npos);
  bytes[at + 1000] = 'K';
  write_file(folder.path("damaged.db"), bytes);
  const std::string text = text_of(restore(folder.path("damaged.db"), folder.path("new"), "x"));
  CHECK(contains(text,
                 "damaged.db is damaged, nothing was restored: " + folder.path("damaged.db") + ": table task, row "));
  CHECK_FALSE(std::filesystem::exists(folder.path("new/forkmill.db")));
  CHECK_FALSE(std::filesystem::exists(folder.path("new/forkmill.db.partial")));
  CHECK(restore(folder.path("backup.db"), folder.path("new"), "x").ok());
  // The database of a store that was closed is as good as a backup.
  CHECK(restore(directory + "/forkmill.db", folder.path("newer"), "x").ok());
}

TEST_CASE("a check finds no fault in an intact directory, closed or killed") {
  Folder folder;
  auto store = open_store(folder.path("data"), 1 << 20);
  fill(*store, 10, 600);
  CHECK(contains(text_of(check(folder.path("data"))), "is in use by another broker"));
  copy_directory(folder.path("data"), folder.path("killed"));
  store.reset();
  for (const char* name : {"data", "killed"}) {
    const auto report = check(folder.path(name));
    REQUIRE(report.ok());
    CHECK(report->findings == std::vector<std::string>{});
    CHECK(report->tasks == 590);
    CHECK(report->outcomes == 196);
    CHECK(report->commit == CommitSeq{590});
    CHECK(failure_of(folder.path(name)) == "");
  }
  CHECK(contains(text_of(check(folder.path("none"))), "No such file or directory"));
  std::filesystem::create_directory(folder.path("empty"));
  CHECK(contains(check(folder.path("empty"))->findings.at(0), "has no database"));
}

TEST_CASE("quarantine sets aside damaged rows with their task") {
  Folder folder;
  const std::string directory = folder.path("data");
  {
    auto store = open_store(directory);
    fill(*store, 10, 200);
    commit(*store, 1000, {Reschedule{TaskSeq{50}, forkmill::proto::Attempt{1}, {}}});
  }
  const auto nothing = quarantine(directory);
  REQUIRE(nothing.ok());
  CHECK(nothing->tasks == 0);
  change(directory, damage("task", 50));
  change(directory, damage("outcome", 60));
  change(directory, "DELETE FROM task WHERE seq = 70");
  const std::string text = failure_of(directory);
  CHECK(contains(text, directory + "/forkmill.db: table task, row 50 is damaged (its checksum does not match)"));
  CHECK(contains(text, "forkmill-broker --data " + directory + " --quarantine"));
  const auto report = check(directory);
  REQUIRE(report.ok());
  REQUIRE(report->findings.size() == 3);
  CHECK(contains(report->findings[0], "table task, row 50 is damaged"));
  CHECK(contains(report->findings[1], "table outcome, row 60 is damaged"));
  CHECK(contains(report->findings[2], "table task has 189 rows, 190 were written"));

  const auto aside = quarantine(directory);
  REQUIRE_MESSAGE(aside.ok(), text_of(aside));
  CHECK(aside->tasks == 2);
  CHECK(aside->rows == 4);  // task and progression of 50, task and outcome of 60
  CHECK(aside->missing == 1);
  const auto after = check(directory);
  CHECK(after->findings.empty());
  CHECK(after->quarantined == 4);
  CHECK(after->tasks == 187);
  auto store = open_store(directory);
  CHECK(fetched(*store, {TaskSeq{50}, TaskSeq{60}, TaskSeq{70}}).empty());
  CHECK(fetched(*store, {TaskSeq{61}}).size() == 1);
  CHECK(contains(text_of(quarantine(directory)), "is in use by another broker"));
}

TEST_CASE("quarantine sets aside an outcome without its task") {
  Folder folder;
  const std::string directory = folder.path("data");
  fill(*open_store(directory), 10, 100);
  change(directory, "DELETE FROM task WHERE seq = 60");
  CHECK(contains(failure_of(directory), "table outcome, row 60 is damaged (it has no task)"));
  const auto aside = quarantine(directory);
  REQUIRE(aside.ok());
  CHECK(aside->rows == 1);
  CHECK(aside->missing == 1);
  CHECK(failure_of(directory) == "");
}

TEST_CASE("quarantine sets aside damaged records and touches no task") {
  Folder folder;
  const std::string directory = folder.path("data");
  {
    auto store = open_store(directory);
    fill(*store, 10, 100);
    commit(*store, 1000, {record(200, "header"), record(201, "item 1"), record(202, "item 2"), record(203, "item 3")});
  }
  const auto sound = check(directory);
  REQUIRE(sound.ok());
  CHECK(sound->findings.empty());
  CHECK(sound->records == 4);
  change(directory, damage("record", 201));
  change(directory, "DELETE FROM record WHERE seq = 202");
  // A key that turned into the number of a task.
  change(directory, "UPDATE record SET seq = 60 WHERE seq = 203");
  CHECK(contains(failure_of(directory), "table record, row 60 is damaged (its checksum does not match)"));
  const auto report = check(directory);
  REQUIRE(report->findings.size() == 3);
  CHECK(contains(report->findings[0], "table record, row 60 is damaged"));
  CHECK(contains(report->findings[1], directory + "/forkmill.db: table record, row 201 is damaged"));
  CHECK(contains(report->findings[2], "table record has 3 rows, 4 were written"));

  const auto aside = quarantine(directory);
  REQUIRE_MESSAGE(aside.ok(), text_of(aside));
  CHECK(aside->tasks == 0);
  CHECK(aside->records == 2);
  CHECK(aside->rows == 2);
  CHECK(aside->missing == 1);
  const auto after = check(directory);
  CHECK(after->findings.empty());
  CHECK(after->quarantined == 2);
  CHECK(after->tasks == 90);
  CHECK(after->records == 1);
  {
    auto store = open_store(directory);
    CHECK(records(*store) == std::vector<PutRecord>{record(200, "header")});
    CHECK(fetched(*store, {TaskSeq{60}}).size() == 1);
  }
  Database database{directory + "/forkmill.db", Database::Open::existing};
  CHECK(database.number("SELECT count(*) FROM quarantine WHERE origin = 'record' AND seq = 201") == 1);
}

TEST_CASE("an older version of a record in its place is found") {
  Folder folder;
  const std::string directory = folder.path("data");
  commit(*open_store(directory), 1, {record(1, "old"), record(2, "other")});
  std::filesystem::copy_file(directory + "/forkmill.db", folder.path("before.db"));
  commit(*open_store(directory), 2, {record(1, "new")});
  change(directory,
         "ATTACH '" + folder.path("before.db") +
             "' AS before; UPDATE record SET row = (SELECT row FROM before.record WHERE seq = 1) WHERE seq = 1");
  CHECK(contains(failure_of(directory), "table record has rows other than those that were written"));
  CHECK(contains(check(directory)->findings.at(0), "table record has rows other than those that were written"));
  const auto aside = quarantine(directory);
  REQUIRE(aside.ok());
  CHECK(aside->records == 0);
  CHECK(aside->strange ==
        std::vector<std::string>{"table record has rows other than those that were written, and none of them is "
                                 "damaged: they stay as they are"});
  CHECK(records(*open_store(directory)) == std::vector<PutRecord>{record(1, "old"), record(2, "other")});
}

TEST_CASE("an accepted loss is recorded, and no number is reused") {
  Folder folder;
  const std::string directory = folder.path("data");
  {
    auto store = open_store(directory);
    fill(*store, 10, 100);
    copy_directory(directory, folder.path("cut"));
    fill(*store, 100, 200);
    std::filesystem::remove(folder.path("cut/head"));
    std::filesystem::copy_file(directory + "/head", folder.path("cut/head"));
  }
  CHECK(contains(text_of(accept_loss(directory, "store-2")), "nothing is missing"));
  const std::string cut = folder.path("cut");
  CHECK(contains(failure_of(cut),
                 "lacks 100 commits that were reported safe (it ends with commit 90, the last one was 190)"));
  CHECK(contains(check(cut)->findings.at(0), "lacks 100 commits"));
  CHECK(contains(text_of(quarantine(cut)), "lacks 100 commits"));
  const auto report = accept_loss(cut, "store-2");
  REQUIRE_MESSAGE(report.ok(), text_of(report));
  CHECK(contains(report->reason, "lacks 100 commits"));
  CHECK(report->commit == CommitSeq{90});
  {
    auto store = make_store(cut);
    const auto identity = store->open();
    REQUIRE(identity.ok());
    CHECK(identity->id == "store-2");
    CHECK(identity->last == CommitSeq{190});
    CHECK(identity->last_seq == TaskSeq{199 + Store::kLeftOut});
    CHECK(summaries(*store).size() == 90);
  }
  Database database{cut + "/forkmill.db", Database::Open::existing};
  CHECK(database.number("SELECT after_commit FROM loss WHERE recorded_at > 1000000000") == 90);
}

TEST_CASE("a lost head can be recreated") {
  Folder folder;
  const std::string directory = folder.path("data");
  fill(*open_store(directory), 10, 100);
  std::filesystem::remove(directory + "/head");
  CHECK(contains(failure_of(directory), "head is missing"));
  REQUIRE(accept_loss(directory, "store-2").ok());
  auto store = make_store(directory);
  const auto identity = store->open();
  REQUIRE(identity.ok());
  CHECK(identity->epoch.value() > 1'000'000);
  CHECK(summaries(*store).size() == 90);
}

TEST_CASE("files that root creates in a data directory belong to the directory's owner") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can give files away");
    return;
  }
  static constexpr uid_t kOwner = 65534;
  static constexpr gid_t kGroup = 65533;
  const auto give_away = [](const std::string& path) { REQUIRE(::chown(path.c_str(), kOwner, kGroup) == 0); };
  const auto check_owner = [](const std::string& path) {
    struct stat found {};
    REQUIRE_MESSAGE(::stat(path.c_str(), &found) == 0, path);
    CHECK_MESSAGE(found.st_uid == kOwner, path);
    CHECK_MESSAGE(found.st_gid == kGroup, path);
  };
  Folder folder;
  const std::string directory = folder.path("data");
  std::filesystem::create_directory(directory);
  give_away(directory);
  {
    auto store = open_store(directory);
    fill(*store, 10, 100);
    for (const char* name : {"forkmill.db", "forkmill.db-wal", "head", "lock"}) check_owner(directory + "/" + name);
  }
  for (const char* name : {"head", "lock"}) std::filesystem::remove(directory + "/" + name);
  REQUIRE(accept_loss(directory, "store-2").ok());
  for (const char* name : {"head", "lock"}) check_owner(directory + "/" + name);

  const std::string target = folder.path("restored");
  std::filesystem::create_directory(target);
  give_away(target);
  REQUIRE(restore(directory + "/forkmill.db", target, "store-3").ok());
  for (const char* name : {"forkmill.db", "head", "lock"}) check_owner(target + "/" + name);

  // A link that the directory's owner has placed does not change the owner of its target.
  const std::string other = folder.path("root's");
  write_file(other, "");
  std::filesystem::remove(target + "/lock");
  REQUIRE(::link(other.c_str(), (target + "/lock").c_str()) == 0);
  CHECK(check(target).ok());
  struct stat found {};
  REQUIRE(::stat(other.c_str(), &found) == 0);
  CHECK(found.st_uid == 0);
}

}  // namespace maintenance_test
