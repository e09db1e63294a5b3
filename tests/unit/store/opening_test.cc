// Data directories that cannot be used: each says why.
#include <sys/stat.h>

#include "broker/store/crc32c.h"
#include "broker/store/maintenance/maintenance.h"
#include "broker/store/sqlite/schema.h"
#include "tests/unit/store/rig.h"

namespace opening_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::TaskSeq;

namespace {

// Runs SQL on the database of a closed store.
void change(const std::string& directory, const std::string& sql) {
  Database database{directory + "/forkmill.db", Database::Open::existing};
  database.run(sql.c_str());
}

std::string directory_with_a_task(const Folder& folder) {
  std::string directory = folder.path("data");
  commit(*open_store(directory), 1, {put(1)});
  return directory;
}

}  // namespace

TEST_CASE("a missing directory is created, but not its parents") {
  Folder folder;
  CHECK(failure_of(folder.path("data/")) == "");
  CHECK(failure_of(folder.path("data")) == "");
  CHECK(contains(failure_of(folder.path("a/b")), "there is no directory " + folder.path("a")));
  CHECK(contains(failure_of(""), "no name"));
}

TEST_CASE("a file in place of the directory, or a read-only directory, is refused") {
  Folder folder;
  write_file(folder.path("file"), "text");
  CHECK(contains(failure_of(folder.path("file")), "is a file, not a directory"));
  const std::string directory = folder.path("locked");
  std::filesystem::create_directory(directory);
  std::filesystem::permissions(directory, std::filesystem::perms{0555});
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  const int status = in_child([&] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return 1;
    const std::string text = failure_of(directory);
    return contains(text, "cannot be written") && contains(text, "Permission denied") ? 0 : 2;
  });
  CHECK(status == 0);
}

TEST_CASE("a directory that every user may write is refused") {
  Folder folder;
  const std::string directory = directory_with_a_task(folder);
  std::filesystem::permissions(directory, std::filesystem::perms{0777});
  CHECK(contains(failure_of(directory), "can be written by every user of this machine"));
  std::filesystem::permissions(directory, std::filesystem::perms{0770});
  CHECK(failure_of(directory) == "");
}

TEST_CASE("a symbolic link in place of a file of the store is refused, and its target keeps what it has") {
  for (const std::string name : {"lock", "head", "head.new", "forkmill.db", "forkmill.db.new", "forkmill.db-wal",
                                 "forkmill.journal.0", "forkmill.journal.1"}) {
    CAPTURE(name);
    Folder folder;
    const std::string directory = directory_with_a_task(folder);
    write_file(folder.path("target"), "of another program");
    std::filesystem::remove(directory + "/" + name);
    std::filesystem::create_symlink(folder.path("target"), directory + "/" + name);
    CHECK(contains(failure_of(directory), name + " is a symbolic link"));
    CHECK(contains(check(directory).failure().text, name + " is a symbolic link"));
    std::filesystem::remove(directory + "/" + name);
    std::filesystem::create_symlink(folder.path("missing"), directory + "/" + name);
    CHECK(contains(failure_of(directory), name + " is a symbolic link"));
    CHECK(read_file(folder.path("target")) == "of another program");
    CHECK_FALSE(std::filesystem::exists(folder.path("missing")));
  }
}

TEST_CASE("a file that is no database, or another application's database, is refused") {
  Folder folder;
  std::filesystem::create_directory(folder.path("text"));
  write_file(folder.path("text/forkmill.db"), std::string(5000, 'x'));
  CHECK(contains(failure_of(folder.path("text")), "is not a database"));
  CHECK(read_file(folder.path("text/forkmill.db")) == std::string(5000, 'x'));

  std::filesystem::create_directory(folder.path("other"));
  {
    Database other{folder.path("other/forkmill.db"), Database::Open::create};
    other.run("CREATE TABLE task (seq INTEGER PRIMARY KEY)");
  }
  const std::string before = read_file(folder.path("other/forkmill.db"));
  CHECK(contains(failure_of(folder.path("other")), "is a database of another application"));
  CHECK(read_file(folder.path("other/forkmill.db")) == before);

  std::filesystem::create_directories(folder.path("odd/forkmill.db"));
  CHECK(contains(failure_of(folder.path("odd")), "is not a file"));
}

TEST_CASE("a database of a newer forkmill is refused") {
  Folder folder;
  const std::string directory = directory_with_a_task(folder);
  change(directory, "PRAGMA user_version = 99");
  CHECK(contains(failure_of(directory), "was written by a newer forkmill (schema 99; this one knows 4): upgrade"));
}

TEST_CASE("tables that were altered are refused") {
  Folder folder;
  const std::string directory = directory_with_a_task(folder);
  change(directory, "ALTER TABLE progression ADD COLUMN more TEXT");
  CHECK(contains(failure_of(directory), "its tables are not those of forkmill"));
}

TEST_CASE("an interrupted first opening is repeated") {
  Folder folder;
  std::filesystem::create_directory(folder.path("empty"));
  write_file(folder.path("empty/forkmill.db"), "");
  CHECK(failure_of(folder.path("empty")) == "");

  // Tables without a meta row and without a head.
  std::filesystem::create_directory(folder.path("tables"));
  open_database(folder.path("tables/forkmill.db"), Database::Open::create);
  CHECK(failure_of(folder.path("tables")) == "");

  // A meta row, but no head.
  const std::string third = folder.path("meta");
  std::filesystem::create_directory(third);
  {
    auto database = open_database(third + "/forkmill.db", Database::Open::create);
    Meta meta;
    meta.store = "store-3";
    MetaTable{*database}.insert(meta);
  }
  auto store = make_store(third);
  const auto identity = store->open();
  REQUIRE(identity.ok());
  CHECK(identity->id == "store-3");
}

TEST_CASE("a migration runs all of its steps in one transaction") {
  Folder folder;
  const std::string path = folder.path("forkmill.db");
  const std::vector<const char*> one{"CREATE TABLE a (n INTEGER)"};
  std::vector<const char*> two{one[0], "ALTER TABLE a ADD COLUMN m INTEGER; CREATE TABLE b (n INTEGER)"};
  const std::vector<const char*> broken{one[0], "CREATE TABLE b (n INTEGER); CREATE TABLE a (n INTEGER)"};
  {
    Database database{path, Database::Open::create};
    CHECK_FALSE(has_schema(database, one));
    migrate(database, one);
    CHECK(has_schema(database, one));
    database.run("INSERT INTO a VALUES (7)");
    CHECK_THROWS_AS(migrate(database, broken), StoreError);
  }
  Database database{path, Database::Open::existing};
  CHECK(database.number("PRAGMA user_version") == 1);
  CHECK(database.number("SELECT count(*) FROM sqlite_schema") == 1);
  migrate(database, two);
  CHECK(database.number("PRAGMA user_version") == 2);
  CHECK(database.number("SELECT n FROM a") == 7);
  CHECK(database.number("SELECT count(*) FROM sqlite_schema") == 2);
  migrate(database, two);
  CHECK_THROWS_AS(has_schema(database, one), StoreError);
}

namespace {

// A closed store as schema 1 left it: two tasks, one of them finished, the other one tried once.
void make_store_of_schema_1(const std::string& directory) {
  std::filesystem::create_directory(directory);
  Database database{directory + "/forkmill.db", Database::Open::create};
  configure(database);
  migrate(database, schema_steps().first(1));
  RowCoder coder;
  const auto insert = [&](const char* table, std::uint64_t seq, std::string_view row) {
    Statement statement{database, (std::string{"INSERT INTO "} + table + " (seq, row) VALUES (?1, ?2)").c_str()};
    statement.bind(1, seq).bind_blob(2, row).run();
  };
  insert("task", 1, coder.encode(put(1)));
  insert("task", 2, coder.encode(put(2)));
  insert("outcome", 1, coder.encode(finish(1)));
  insert("progression", 2,
         coder.encode(TaskSeq{2},
                      ProgressionRow{{forkmill::proto::Attempt{1}, forkmill::proto::milliseconds{9000}, false}}));
  database.run(
      "INSERT INTO meta (id, store_id, writes, epoch, commit_seq, last_seq, task_rows, task_marks, outcome_rows, "
      "outcome_marks, progression_rows, progression_marks, checksum) VALUES (1, 'store-1', 2, 1, 1, 2, "
      "2, 2909998031247618959, 1, -7995527694508729151, 1, -2307458147495569001, 3110441014)");
  database.checkpoint(true);
  Head::Record record{2, forkmill::proto::CommitSeq{1}, forkmill::proto::Epoch{1}, TaskSeq{2}, crc32c("store-1")};
  Head::create(system_files(), directory + "/head", record);
}

void check_migrated(const std::string& directory) {
  auto store = open_store(directory);
  const Progression once{forkmill::proto::Attempt{1}, forkmill::proto::milliseconds{9000}, false};
  const std::vector<StoredTask> expected{{put(1), {}, finish(1)}, {put(2), once, {}}};
  CHECK(fetched(*store, {TaskSeq{1}, TaskSeq{2}}) == expected);
  CHECK(records(*store).empty());
  commit(*store, 2, {put(3), record(4, "piece")});
  store.reset();
  store = open_store(directory);
  CHECK(fetched(*store, {TaskSeq{1}, TaskSeq{2}}) == expected);
  CHECK(records(*store) == std::vector<PutRecord>{record(4, "piece")});
}

}  // namespace

TEST_CASE("a store of schema 1 is migrated with its tasks, and can then hold records") {
  Folder folder;
  const std::string directory = folder.path("data");
  make_store_of_schema_1(directory);
  check_migrated(directory);
  const auto report = check(directory);
  REQUIRE(report.ok());
  CHECK(report->findings == std::vector<std::string>{});
  CHECK(report->tasks == 3);
  CHECK(report->records == 1);
}

TEST_CASE("a backup of schema 1 can be restored") {
  Folder folder;
  make_store_of_schema_1(folder.path("old"));
  const auto restored = restore(folder.path("old/forkmill.db"), folder.path("data"), "store-2");
  REQUIRE(restored.ok());
  CHECK(restored->tasks == 2);
  CHECK(restored->records == 0);
  check_migrated(folder.path("data"));
}

TEST_CASE("a damaged store of schema 1 is refused") {
  Folder folder;
  for (const char* harm : {"UPDATE meta SET task_rows = 3", "UPDATE meta SET checksum = 3110441015"}) {
    const std::string directory = folder.path(harm);
    make_store_of_schema_1(directory);
    change(directory, harm);
    CHECK(contains(failure_of(directory), "table meta, row 1: its checksum does not match"));
  }
  make_store_of_schema_1(folder.path("data"));
  change(folder.path("data"), "DELETE FROM task WHERE seq = 2");
  CHECK(contains(failure_of(folder.path("data")), "table progression, row 2 is damaged (it has no task)"));
}

TEST_CASE("only the last opener of a database can write to it") {
  Folder folder;
  auto database = open_database(folder.path("forkmill.db"), Database::Open::create);
  MetaTable table{*database};
  Meta meta;
  meta.store = "s";
  table.insert(meta);
  meta.epoch = forkmill::proto::Epoch{1};
  table.update(meta, forkmill::proto::Epoch{0});
  CHECK_THROWS_WITH_AS(table.update(meta, forkmill::proto::Epoch{0}), doctest::Contains("was opened by another broker"),
                       StoreError);
}

}  // namespace opening_test
