// The journal store: what it does with its files. That it keeps what it is given: store_conformance_test.cc.
#include "broker/store/crc32c.h"
#include "broker/store/journal/frame.h"
#include "broker/store/maintenance/maintenance.h"
#include "broker/store/sqlite/schema.h"
#include "tests/sim/disk/disk.h"
#include "tests/unit/store/rig.h"

namespace journal_store_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::CommitSeq;
using forkmill::proto::Epoch;
using forkmill::proto::TaskSeq;

namespace {

constexpr std::uint64_t kSegment = 64 * 1024;

// Commits `count` tasks from number `first` on. Each is finished in the commit after its own and forgotten in the next.
void run_tasks(Store& store, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t n = first; n < first + count + 2; ++n) {
    std::vector<StoreOp> ops;
    if (n < first + count) ops.emplace_back(put(n * 2));  // even: put(3) is large
    if (n > first && n <= first + count) ops.emplace_back(finish((n - 1) * 2));
    if (n > first + 1) ops.emplace_back(Forget{TaskSeq{(n - 2) * 2}});
    commit(store, n, ops);
  }
}

PutTask large_task(std::uint64_t n, std::size_t bytes) {
  PutTask task = put(n);
  task.payload = forkmill::proto::Payload::own(std::string(bytes, 'x'));
  return task;
}

void make_room(Store& store) {
  auto more = store.make_room();
  while (more.ok() && more.value()) more = store.make_room();
  REQUIRE(more.ok());
}

std::uint64_t size_of(const std::string& path) { return std::filesystem::file_size(path); }

std::vector<std::uint64_t> numbers(Store& store) {
  std::vector<std::uint64_t> all;
  for (const TaskSummary& task : summaries(store)) all.push_back(task.seq.value());
  return all;
}

}  // namespace

TEST_CASE("a closed store has everything in its database") {
  Folder folder;
  const std::string directory = folder.path("data");
  {
    auto store = open_store(directory);
    commit(*store, 1, {put(1), put(2), record(3, "piece")});
    commit(*store, 2, {finish(1)});
  }
  CHECK(size_of(directory + "/forkmill.db-wal") == 0);
  auto sqlite = make_database_store(directory);
  const auto identity = sqlite->open();
  REQUIRE(identity.ok());
  CHECK(identity->last == CommitSeq{2});
  CHECK(fetched(*sqlite, {TaskSeq{1}, TaskSeq{2}}) ==
        std::vector<StoredTask>{{put(1), {}, finish(1)}, {put(2), {}, {}}});
  CHECK(records(*sqlite) == std::vector<PutRecord>{record(3, "piece")});
}

TEST_CASE("a store without a journal gets one when it is opened, and keeps its tasks") {
  Folder folder;
  const std::string directory = folder.path("data");
  commit(*open_database_store(directory), 5, {put(1), put(2)});
  auto store = make_store(directory);
  const auto identity = store->open();
  REQUIRE(identity.ok());
  CHECK(identity->last == CommitSeq{5});
  CHECK(identity->epoch == Epoch{2});
  commit(*store, 6, {finish(2)});
  CHECK(fetched(*store, {TaskSeq{1}, TaskSeq{2}}) ==
        std::vector<StoredTask>{{put(1), {}, {}}, {put(2), {}, finish(2)}});
}

TEST_CASE("a database that needs its journal is refused without it") {
  Folder folder;
  const auto store = open_store(folder.path("data"));
  commit(*store, 1, {put(1)});
  copy_directory(folder.path("data"), folder.path("copy"));
  CHECK(contains(failure_of(*make_database_store(folder.path("copy"))), "has a journal in front of its database"));
}

TEST_CASE("a broker that knows no journal refuses the database") {
  Folder folder;
  { const auto store = open_store(folder.path("data")); }
  Database database{folder.path("data/forkmill.db"), Database::Open::existing};
  CHECK_THROWS_WITH_AS(has_schema(database, schema_steps().first(2)),
                       doctest::Contains("was written by a newer forkmill (schema 4; this one knows 2)"), StoreError);
}

TEST_CASE("tasks that end soon never reach the database, and no file grows") {
  Folder folder;
  const std::string directory = folder.path("data");
  auto store = open_store(directory, kSegment);
  while (store->prepare().value()) {
  }
  run_tasks(*store, 1, 500);
  const std::uint64_t database = size_of(directory + "/forkmill.db") + size_of(directory + "/forkmill.db-wal");
  const std::uint64_t segment = size_of(directory + "/forkmill.journal.0");
  CHECK(segment == kSegment + kSegment / 8);
  run_tasks(*store, 600, 3000);  // many segments
  CHECK(size_of(directory + "/forkmill.journal.0") == segment);
  CHECK(size_of(directory + "/forkmill.journal.1") == segment);
  const std::uint64_t later = size_of(directory + "/forkmill.db") + size_of(directory + "/forkmill.db-wal");
  // A segment moves in one transaction of a few pages: that of its last task, and the head of the database.
  CHECK(later - database < 1024 * 1024);
  CHECK(summaries(*store).empty());
}

TEST_CASE("tasks that stay are in the database when their segment is written again") {
  Folder folder;
  const std::string directory = folder.path("data");
  auto store = open_store(directory, kSegment);
  commit(*store, 1, {put(1), record(2, "old")});
  for (std::uint64_t n = 2; n <= 800; ++n) {
    std::vector<StoreOp> ops{put(n * 2), record(2, std::to_string(n))};
    if (n % 100 != 0) ops.emplace_back(Forget{TaskSeq{n * 2}});
    commit(*store, n, ops);
    CHECK(fetched(*store, {TaskSeq{1}}).size() == 1);
  }
  copy_directory(directory, folder.path("copy"));
  for (const std::string& place : {directory, folder.path("copy")}) {
    store.reset();
    store = open_store(place, kSegment);
    CHECK(numbers(*store) == std::vector<std::uint64_t>{1, 200, 400, 600, 800, 1000, 1200, 1400, 1600});
    CHECK(records(*store) == std::vector<PutRecord>{record(2, "800")});
  }
}

TEST_CASE("a commit larger than a segment is kept, and read before and after it is complete") {
  Folder folder;
  auto store = open_store(folder.path("data"), kSegment);
  std::vector<StoreOp> ops;
  for (std::uint64_t n = 1; n <= 40; ++n) {
    PutTask task = put(n);
    task.payload = forkmill::proto::Payload::own(std::string(100'000 + n, static_cast<char>('a' + n % 26)));
    ops.emplace_back(task);
  }
  REQUIRE(store->apply(ops).ok());
  const auto check_all = [&] {
    for (std::uint64_t n = 1; n <= 40; ++n)
      CHECK(fetched(*store, {TaskSeq{n}}).at(0).put == std::get<PutTask>(ops[n - 1]));
  };
  check_all();
  REQUIRE(store->commit(CommitSeq{1}).ok());
  check_all();
  copy_directory(folder.path("data"), folder.path("copy"));
  store = open_store(folder.path("copy"), kSegment);
  check_all();
}

TEST_CASE("what a client sends is not taken for a frame") {
  Folder folder;
  const std::string directory = folder.path("data");
  auto store = open_store(directory, kSegment);
  // The records of a frame that would be the next commit, under a key that a client may guess.
  std::string records;
  append_record(records, {RecordKind::forget, TaskSeq{1}, {}});
  const FrameHeader header{records.size(), 1, Epoch{1}, CommitSeq{9}, CommitSeq{1}};
  const auto bytes = encode_header(header, 0, crc32c(records, begin_frame_crc(0)));
  PutTask task = put(1);
  task.payload = forkmill::proto::Payload::own(std::string{bytes.data(), bytes.size()} + records);
  commit(*store, 1, {task});
  copy_directory(directory, folder.path("copy"));
  store = open_store(folder.path("copy"), kSegment);
  CHECK(fetched(*store, {TaskSeq{1}}) == std::vector<StoredTask>{{task, {}, {}}});
}

TEST_CASE("a backup has what only the journal had, and the store goes on") {
  Folder folder;
  auto store = open_store(folder.path("data"), kSegment);
  commit(*store, 1, {put(1), put(2)});
  REQUIRE(store->begin_backup(folder.path("backup.db")).ok());
  REQUIRE(store->apply(std::vector<StoreOp>{finish(1)}).ok());
  CHECK_FALSE(store->continue_backup().value());
  REQUIRE(store->commit(CommitSeq{2}).ok());
  while (!store->continue_backup().value()) {
  }
  commit(*store, 3, {put(4)});
  const auto report = restore(folder.path("backup.db"), folder.path("other"), "store-2");
  REQUIRE(report.ok());
  CHECK(report->commit == CommitSeq{2});
  CHECK(report->tasks == 2);
  CHECK(report->outcomes == 1);
  CHECK(numbers(*open_store(folder.path("other"))) == std::vector<std::uint64_t>{1, 2});
  CHECK(numbers(*store) == std::vector<std::uint64_t>{1, 2, 4});
}

TEST_CASE("a backup of a long journal is made in steps, between commits") {
  Folder folder;
  auto store = open_store(folder.path("data"));
  constexpr std::uint64_t kTasks = 40'000;
  std::vector<StoreOp> ops;
  for (std::uint64_t n = 1; n <= kTasks; ++n) ops.emplace_back(put(n * 2));
  commit(*store, 1, ops);
  REQUIRE(store->begin_backup(folder.path("backup.db")).ok());
  std::uint64_t commits = 1;
  for (bool done = false; !done; done = store->continue_backup().value()) {
    ++commits;
    commit(*store, commits, {put((kTasks + commits) * 2)});
  }
  CHECK(commits > 4);
  const auto report = restore(folder.path("backup.db"), folder.path("other"), "store-2");
  REQUIRE(report.ok());
  CHECK(report->commit == CommitSeq{commits});
  CHECK(report->tasks == kTasks + commits - 1);
}

TEST_CASE("a backup leaves the reserve free on its disk, and nothing of it stays if it cannot") {
  Folder folder;
  for (const std::uint64_t reserve : {std::uint64_t{1}, std::uint64_t{1} << 60}) {
    CAPTURE(reserve);
    const std::string name = std::to_string(reserve);
    JournalOptions options{{folder.path("data" + name), "store-1"}, 7};
    options.backup.reserve = reserve;
    JournalStore store{options};
    REQUIRE(failure_of(store).empty());
    commit(store, 1, {put(1), put(2)});
    REQUIRE(store.begin_backup(folder.path(name)).ok());
    auto step = store.continue_backup();
    while (step.ok() && !step.value()) step = store.continue_backup();
    CHECK(step.ok() == (reserve == 1));
    CHECK(folder.has(name) == (reserve == 1));
    CHECK_FALSE(folder.has(name + ".partial"));
    if (!step.ok()) CHECK(step.failure().text.find("--disk-reserve") != std::string::npos);
    commit(store, 2, {put(3)});
  }
}

TEST_CASE("a backup has the keys of its broker, and there is none if they cannot be read") {
  Folder folder;
  JournalOptions options{{folder.path("data"), "store-1"}, 7};
  std::string keys = "the keys\n";
  options.backup.key_book = [&]() -> std::string {
    if (keys.empty()) throw StoreError{"the keys cannot be read"};
    return keys;
  };
  JournalStore store{options};
  REQUIRE(failure_of(store).empty());
  commit(store, 1, {put(1)});
  const auto back_up = [&](const std::string& name) {
    REQUIRE(store.begin_backup(folder.path(name)).ok());
    auto step = store.continue_backup();
    while (step.ok() && !step.value()) step = store.continue_backup();
    return step.ok() ? "" : step.failure().text;
  };
  REQUIRE(back_up("backup.db") == "");
  std::string found;
  const auto restored = [&](const std::string& name, const std::string& directory) {
    const auto report = restore(folder.path(name), folder.path(directory), "store-2", system_files(),
                                [&](const std::string& text) { found = text; });
    return report.ok() ? "" : report.failure().text;
  };
  REQUIRE(restored("backup.db", "new") == "");
  CHECK(found == keys);
  Database database{folder.path("new/forkmill.db"), Database::Open::existing};
  CHECK(database.number("SELECT count(*) FROM key_book") == 0);  // the file of the keys has them from now on

  // Damaged keys are not restored, and a restore whose keys find no place is none.
  std::filesystem::copy_file(folder.path("backup.db"), folder.path("damaged.db"));
  { Database{folder.path("damaged.db"), Database::Open::existing}.run("UPDATE key_book SET content = 'other keys'"); }
  CHECK(contains(restored("damaged.db", "newer"), "the checksum of its table key_book is wrong"));
  const auto refused = restore(folder.path("backup.db"), folder.path("newer"), "store-2", system_files(),
                               [](const std::string&) { throw StoreError{"no place"}; });
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.failure().text == "no place");
  CHECK_FALSE(folder.has("newer/forkmill.db"));

  keys.clear();
  CHECK(contains(back_up("other.db"), "the keys cannot be read"));
  CHECK_FALSE(folder.has("other.db"));
  CHECK_FALSE(folder.has("other.db.partial"));
  commit(store, 2, {put(2)});
}

TEST_CASE("a backlog moves to the database in short transactions") {
  Folder folder;
  const std::string directory = folder.path("data");
  const auto store = std::make_unique<JournalStore>(JournalOptions{{directory, "store-1"}, 7});
  REQUIRE(failure_of(*store) == "");
  constexpr std::uint64_t kGroup = 1000;
  std::uint64_t longest = 0;
  for (std::uint64_t group = 0; group < 60; ++group) {
    std::vector<StoreOp> ops;
    for (std::uint64_t n = 1; n <= kGroup; ++n) {
      PutTask task = put((group * kGroup + n) * 2);
      task.payload = forkmill::proto::Payload::own(std::string(1000, 'x'));
      ops.emplace_back(task);
    }
    commit(*store, group + 1, ops);
    longest = std::max(longest, size_of(directory + "/forkmill.db-wal"));
  }
  CHECK(longest > 1 << 20);
  CHECK(longest < 40 << 20);
  CHECK(size_of(directory + "/forkmill.db") > 16 << 20);
  copy_directory(directory, folder.path("copy"));
  CHECK(numbers(*open_store(folder.path("copy"))).size() == 60 * kGroup);
}

TEST_CASE("segments are short while the disk has little room") {
  forkmill::sim::Disk disk{1, {}};
  auto store = make_store("/data", 8 << 20, disk);
  REQUIRE(failure_of(*store) == "");
  disk.manners.capacity = disk.used() + (64 << 20);
  for (std::uint64_t n = 1; n <= 600; ++n) {
    std::vector<StoreOp> ops;
    PutTask task = put(n * 2);
    task.payload = forkmill::proto::Payload::own(std::string(50'000, 'x'));
    ops.emplace_back(task);
    if (n > 1) ops.emplace_back(Forget{TaskSeq{(n - 1) * 2}});
    commit(*store, n, ops);
  }
  constexpr std::size_t kSome = 1 << 20;
  CHECK(disk.node("/data/forkmill.journal.1")->bytes().size() < (8 << 20) + kSome);
  CHECK(disk.node("/data/forkmill.journal.0")->bytes().size() < (4 << 20) + kSome);
}

TEST_CASE("segments change also if each commit is larger than one") {
  forkmill::sim::Disk disk{1, {}};
  auto store = make_store("/data", 1 << 20, disk);
  REQUIRE(failure_of(*store) == "");
  constexpr std::size_t kLarge = 17 << 20;
  for (std::uint64_t n = 1; n <= 9; ++n) {
    PutTask task = put(n * 2);
    task.payload = forkmill::proto::Payload::own(std::string(kLarge, 'x'));
    std::vector<StoreOp> ops{task};
    if (n > 1) ops.emplace_back(Forget{TaskSeq{(n - 1) * 2}});
    commit(*store, n, ops);
  }
  for (const char* which : {"0", "1"})
    CHECK(disk.node("/data/forkmill.journal." + std::string{which})->bytes().size() < 4 * kLarge);
}

TEST_CASE("--check counts what only the journal has, and changes nothing") {
  Folder folder;
  const auto store = open_store(folder.path("data"));
  commit(*store, 1, {put(1), put(2), record(3, "piece")});
  commit(*store, 2, {finish(1)});
  copy_directory(folder.path("data"), folder.path("copy"));
  for (int time = 0; time < 2; ++time) {
    const auto report = check(folder.path("copy"));
    REQUIRE(report.ok());
    CHECK(report->findings == std::vector<std::string>{});
    CHECK(report->commit == CommitSeq{2});
    CHECK(report->tasks == 2);
    CHECK(report->outcomes == 1);
    CHECK(report->records == 1);
  }
}

TEST_CASE("a second broker is refused also when the file lock is gone") {
  Folder folder;
  const auto store = open_store(folder.path("data"));
  std::filesystem::remove(folder.path("data/lock"));
  CHECK(contains(failure_of(*make_store(folder.path("data"))), "is in use by another"));
}

TEST_CASE("the journal gets its length in advance, unless the disk is nearly full") {
  forkmill::sim::Disk disk{1, {}};
  auto store = make_store("/data", kSegment, disk);
  REQUIRE(failure_of(*store) == "");
  disk.manners.capacity = disk.used() + 10 * kSegment;
  CHECK_FALSE(store->prepare().value());
  CHECK(disk.node("/data/forkmill.journal.1")->bytes().empty());
  disk.manners.capacity = 1 << 30;
  while (store->prepare().value()) {
  }
  CHECK(disk.node("/data/forkmill.journal.1")->bytes().size() == kSegment + kSegment / 8);
}

TEST_CASE("the space of tasks that are gone is room, and later tasks take it before the database grows") {
  constexpr std::uint64_t kTasks = 60;
  constexpr std::size_t kLarge = 100'000;
  forkmill::sim::Disk disk{1, {}};
  JournalStore store{JournalOptions{{"/data", "store-1", 1 << 20, &disk}, 7, kSegment}};
  REQUIRE(failure_of(store) == "");
  const auto size = [&](const std::string& file) { return disk.node("/data/" + file)->bytes().size(); };
  std::uint64_t commits = 0;
  for (std::uint64_t n = 1; n <= kTasks; ++n) commit(store, ++commits, {large_task(n * 2, kLarge)});
  std::vector<StoreOp> ops;
  for (std::uint64_t n = 2; n <= kTasks; ++n) ops.emplace_back(Forget{TaskSeq{n * 2}});
  commit(store, ++commits, ops);
  CHECK(store.reusable_bytes() < kTasks * kLarge / 2);  // only the journal knows that the tasks are gone

  SUBCASE("not while changes are applied and not committed") {
    REQUIRE(store.apply(std::vector<StoreOp>{put(1000)}).ok());
    CHECK_FALSE(store.make_room().value());
    CHECK(store.reusable_bytes() < kTasks * kLarge / 2);
    REQUIRE(store.commit(CommitSeq{++commits}).ok());
    make_room(store);
    CHECK(numbers(store) == std::vector<std::uint64_t>{2, 1000});
  }
  SUBCASE("not on a disk without the room to do it") {
    disk.manners.capacity = disk.used() + 10'000;
    CHECK_FALSE(store.make_room().value());
    CHECK(store.reusable_bytes() < kTasks * kLarge / 2);
    disk.manners.capacity = 1 << 30;
    make_room(store);
    CHECK(numbers(store) == std::vector<std::uint64_t>{2});
  }
  CHECK_FALSE(store.make_room().value());
  make_room(store);
  CHECK(store.reusable_bytes() > kTasks * kLarge / 4 * 3);
  CHECK(size("forkmill.db-wal") == 0);

  const std::uint64_t before = size("forkmill.db");
  for (std::uint64_t n = 1; n <= kTasks / 2; ++n) commit(store, ++commits, {large_task(10'000 + n * 2, kLarge)});
  make_room(store);
  CHECK(store.reusable_bytes() < kTasks * kLarge / 3 * 2);
  CHECK(size("forkmill.db") == before);
}

TEST_CASE("a store that is killed anywhere while it makes room has every commit, also if the machine loses power") {
  for (const bool power : {true, false}) {
    bool stopped = true;
    for (std::uint64_t at = 0; stopped; ++at) {
      INFO("after " << at << " operations" << (power ? std::string{", with the machine"} : ""));
      forkmill::sim::Disk disk{at + 1, {}};
      const auto make = [&] {
        return std::make_unique<JournalStore>(JournalOptions{{"/data", "store-1", 1, &disk}, 7, kSegment});
      };
      auto store = make();
      REQUIRE(failure_of(*store) == "");
      for (std::uint64_t n = 1; n <= 24; ++n) commit(*store, n, {large_task(n * 2, 20'000)});
      std::vector<StoreOp> ops;
      for (std::uint64_t n = 1; n <= 20; ++n) ops.emplace_back(Forget{TaskSeq{n * 2}});
      commit(*store, 25, ops);
      disk.operations.stop_after(at);
      auto more = store->make_room();
      while (more.ok() && more.value()) more = store->make_room();
      stopped = disk.operations.stopped();
      if (!stopped) {
        CHECK(disk.node("/data/forkmill.db-wal")->bytes().empty());
        disk.operations.stop_after(0);
      }
      store.reset();
      disk.end_process();
      if (power) disk.cut_power();

      store = make();
      const auto identity = store->open();
      REQUIRE_MESSAGE(identity.ok(), (identity.ok() ? "" : identity.failure().text));
      CHECK(identity->last == CommitSeq{25});
      CHECK(numbers(*store) == std::vector<std::uint64_t>{42, 44, 46, 48});
    }
  }
}

TEST_CASE("a full disk stops the store with a text that says what to do, and loses no commit") {
  forkmill::sim::Disk disk{1, {}};
  auto store = make_store("/data", kSegment, disk);
  REQUIRE(failure_of(*store) == "");
  disk.manners.capacity = disk.used() + 20'000;
  std::uint64_t done = 0;
  forkmill::proto::Status status;
  while (status.ok()) {
    status = store->apply(std::vector<StoreOp>{put(2 * (done + 1))});
    if (status.ok()) status = store->commit(CommitSeq{done + 1});
    if (status.ok()) ++done;
  }
  CHECK(done > 20);
  CHECK(contains(status.failure().text, "the disk is full: /data/forkmill.journal.1 cannot grow: free some space"));
  CHECK(store->commit(CommitSeq{done + 2}).failure().text == status.failure().text);
  store.reset();
  disk.end_process();
  disk.manners.capacity = 1 << 30;
  store = make_store("/data", kSegment, disk);
  const auto identity = store->open();
  REQUIRE(identity.ok());
  CHECK(identity->last.value() >= done);
}

}  // namespace journal_store_test
