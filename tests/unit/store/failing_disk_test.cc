// Disks that fail, and machines that lose power, at chosen moments. tests/sim/disk has all moments, at random.
#include "broker/store/group_commit_thread.h"
#include "broker/store/maintenance/maintenance.h"
#include "broker/store/sqlite/key_book_table.h"
#include "tests/eventually.h"
#include "tests/sim/disk/disk.h"
#include "tests/unit/store/rig.h"

namespace failing_disk_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::CommitSeq;
using forkmill::proto::TaskSeq;
using forkmill::sim::Disk;
using forkmill::sim::DiskManners;

namespace {

const std::string kDirectory = "/data";

std::unique_ptr<DatabaseStore> store_on(Disk& disk, const std::string& directory = kDirectory) {
  return std::make_unique<DatabaseStore>(SqliteOptions{directory, "store-1", 48 << 20, &disk});
}

// As a broker's start does it; the text of what is wrong.
std::string opened(std::unique_ptr<DatabaseStore>& store, Disk& disk) {
  store = store_on(disk);
  return failure_of(*store);
}

// Checks, as the next process would find it, that the store has `commits` commits and all of their tasks.
void check_holds(Disk& disk, std::uint64_t commits, const std::string& directory = kDirectory) {
  auto store = store_on(disk, directory);
  const auto identity = store->open();
  REQUIRE_MESSAGE(identity.ok(), (identity.ok() ? "" : identity.failure().text));
  CHECK(identity->last == CommitSeq{commits});
  const auto tasks = summaries(*store);
  REQUIRE(tasks.size() == commits);
  for (std::uint64_t n = 1; n <= commits; ++n) CHECK(tasks[n - 1].id == put(n).id);
  store.reset();
  disk.end_process();
  const auto report = check(directory, disk);
  REQUIRE(report.ok());
  CHECK(report->findings.empty());
}

// Makes a store with `commits` commits, and a copy of it.
void make_backup(Disk& disk, const std::string& directory, std::uint64_t commits, const std::string& path) {
  auto store = store_on(disk, directory);
  REQUIRE(failure_of(*store) == "");
  for (std::uint64_t n = 1; n <= commits; ++n) commit(*store, n, {put(n)});
  REQUIRE(store->begin_backup(path).ok());
  while (!store->continue_backup().value()) {
  }
}

}  // namespace

TEST_CASE("a journal that cannot be set up is an error, not a reason for another journal mode") {
  Disk disk{1, {}};
  std::unique_ptr<DatabaseStore> store;
  disk.faults.failing_sync = "-journal";
  CHECK(contains(opened(store, disk), "or its journal failed"));
  store.reset();
  disk.end_process();
  REQUIRE(opened(store, disk) == "");
  commit(*store, 1, {put(1)});
  CHECK(disk.node(kDirectory + "/forkmill.db-wal")->bytes().size() > 4096);
}

TEST_CASE("after a failed sync, a restart does not rely on unwritten pages") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const bool forgets : {false, true}) {
      INFO("seed " << seed << (forgets ? std::string{", what was not written is forgotten"} : ""));
      DiskManners manners;
      manners.forgets_on_failure = forgets;
      Disk disk{seed, manners};
      std::unique_ptr<DatabaseStore> store;
      REQUIRE(opened(store, disk) == "");
      commit(*store, 1, {put(1)});
      disk.faults.failing_sync = "-wal";
      REQUIRE(store->apply(std::vector<StoreOp>{put(2)}).ok());
      const auto status = store->commit(CommitSeq{2});
      REQUIRE_FALSE(status.ok());
      CHECK(contains(status.failure().text, "/data/forkmill.db or its journal failed: Input/output error"));
      store.reset();
      disk.end_process();

      store = store_on(disk);
      const auto identity = store->open();
      REQUIRE(identity.ok());
      const std::uint64_t there = identity->last.value();
      CHECK(there >= 1);
      CHECK(there <= 2);
      for (std::uint64_t n = there + 1; n <= 10; ++n) commit(*store, n, {put(n)});
      disk.operations.stop_after(0);
      store.reset();
      disk.cut_power();
      check_holds(disk, 10);
    }
  }
}

TEST_CASE("a store that was killed anywhere in its first start starts again and survives a power cut") {
  for (const bool in_order : {true, false}) {
    for (const bool power : {true, false}) {
      bool stopped = true;
      for (std::uint64_t at = 0; stopped; ++at) {
        INFO("after " << at << " operations" << (power ? std::string{", with the machine"} : ""));
        DiskManners manners;
        manners.names_in_order = in_order;
        Disk disk{at + 1, manners};
        std::unique_ptr<DatabaseStore> store;
        disk.operations.stop_after(at);
        const std::string text = opened(store, disk);
        stopped = disk.operations.stopped();
        CHECK(text.empty() != stopped);
        if (!stopped) disk.operations.stop_after(0);
        store.reset();
        disk.end_process();
        if (power) disk.cut_power();

        REQUIRE(opened(store, disk) == "");
        commit(*store, 1, {put(1)});
        disk.operations.stop_after(0);
        store.reset();
        disk.cut_power();
        check_holds(disk, 1);
      }
    }
  }
}

TEST_CASE("a quarantine reports that tasks may be back after a checkpoint that was killed and a damaged journal") {
  int back = 0;
  for (std::uint64_t at = 0; at < 60; ++at) {
    INFO("after " << at << " operations");
    Disk disk{at + 1, {}};
    auto store = std::make_unique<DatabaseStore>(SqliteOptions{kDirectory, "store-1", 1, &disk});
    REQUIRE(failure_of(*store) == "");
    const auto large = [](std::uint64_t n) {
      PutTask task = put(n);
      task.payload = forkmill::proto::Payload::own(std::string(3000, 'x'));
      return task;
    };
    for (std::uint64_t n = 1; n <= 10; ++n) commit(*store, n, {large(n)});
    disk.operations.stop_after(at);
    REQUIRE(store->apply(std::vector<StoreOp>{Forget{TaskSeq{2}}, Forget{TaskSeq{9}}, large(11), large(12)}).ok());
    (void)store->commit(CommitSeq{11});
    store.reset();
    disk.end_process();
    disk.node(kDirectory + "/forkmill.db-wal")->flip(8 * 200);
    const std::string text = opened(store, disk);
    store.reset();
    disk.end_process();
    if (!contains(text, "--quarantine")) continue;
    const auto report = quarantine(kDirectory, disk);
    if (!report.ok()) {  // damage of the structure
      CHECK(contains(report.failure().text, "restore a backup"));
      continue;
    }
    REQUIRE(opened(store, disk) == "");
    if (!fetched(*store, {TaskSeq{2}, TaskSeq{9}}).empty()) {
      ++back;
      CHECK_FALSE(report->strange.empty());
    }
    if (report->missing > 0) CHECK_FALSE(report->strange.empty());
  }
  CHECK(back > 0);
}

TEST_CASE("an unreadable head is not taken for a damaged one") {
  Disk disk{1, {}};
  std::unique_ptr<DatabaseStore> store;
  REQUIRE(opened(store, disk) == "");
  commit(*store, 1, {put(1)});
  store.reset();
  const Head::Reading sound = Head::read(disk, kDirectory + "/head");
  CHECK(sound.damaged == 0);
  disk.errors.read = 1;
  CHECK_THROWS_WITH_AS(Head::read(disk, kDirectory + "/head"), "/data/head cannot be read: Input/output error",
                       StoreError);
}

TEST_CASE("the next start repairs a half-written head") {
  Disk disk{1, {}};
  std::unique_ptr<DatabaseStore> store;
  REQUIRE(opened(store, disk) == "");
  commit(*store, 1, {put(1)});
  store.reset();
  disk.end_process();
  const std::string head = kDirectory + "/head";
  disk.node(head)->flip(99);
  CHECK(Head::read(disk, head).damaged == 1);
  REQUIRE(opened(store, disk) == "");
  CHECK(Head::read(disk, head).damaged == 0);
}

TEST_CASE("a nearly full disk is known from the start") {
  Disk disk{1, {}};
  std::unique_ptr<DatabaseStore> store;
  REQUIRE(opened(store, disk) == "");
  disk.manners.capacity = disk.used() + 100'000;
  {
    GroupCommitThread thread{std::move(store), 1'000'000};
    REQUIRE(thread.has_news());
    CHECK(thread.take().disk_full);
  }
  disk.manners.capacity = 1 << 30;
  disk.end_process();
  REQUIRE(opened(store, disk) == "");
  const GroupCommitThread thread{std::move(store), 1'000'000};
  CHECK_FALSE(thread.has_news());
}

TEST_CASE("a disk that a flood has filled has room again once the flood is gone, without a restart") {
  Disk disk{1, {}};
  auto store = std::make_unique<JournalStore>(JournalOptions{{kDirectory, "store-1", 4 << 20, &disk}, 7, 1 << 20});
  REQUIRE(failure_of(*store) == "");
  disk.manners.capacity = disk.used() + (64 << 20);
  GroupCommitThread thread{std::move(store), 24 << 20};
  std::uint64_t tasks = 0;
  while (!thread.take().disk_full && tasks < 60) {
    PutTask task = put(++tasks * 2);
    task.payload = forkmill::proto::Payload::own(std::string(1 << 20, 'x'));
    thread.commit({task}, CommitSeq{tasks});
    thread.finish();
  }
  REQUIRE(tasks < 60);
  std::vector<StoreOp> ops;
  for (std::uint64_t n = 1; n <= tasks; ++n) ops.emplace_back(Forget{TaskSeq{n * 2}});
  thread.commit(ops, CommitSeq{tasks + 1});
  CHECK(forkmill::tests::eventually([&] { return !thread.take().disk_full; }));
  CHECK(thread.take().status.ok());
}

TEST_CASE("after a kill anywhere in a restore, the restore has succeeded or another one can") {
  for (const bool power : {false, true}) {
    bool stopped = true;
    for (std::uint64_t at = 0; stopped; ++at) {
      INFO("after " << at << " operations" << (power ? std::string{", with the machine"} : ""));
      Disk disk{at + 1, {}};
      make_backup(disk, "/one", 3, "/one.backup");
      make_backup(disk, "/two", 20, "/two.backup");
      disk.operations.stop_after(at);
      const auto first = restore("/one.backup", kDirectory, "restored-1", disk);
      stopped = disk.operations.stopped();
      disk.end_process();
      if (power) disk.cut_power();
      const auto second = restore("/two.backup", kDirectory, "restored-2", disk);
      disk.end_process();
      if (!second.ok()) CHECK(contains(second.failure().text, "has a database already"));
      check_holds(disk, second.ok() ? 20 : 3);
      CHECK((first.ok() || stopped));
    }
  }
}

TEST_CASE(
    "after a kill anywhere in a restore, there is no database whose keys were not taken, and a repetition takes them") {
  const std::string database = kDirectory + "/forkmill.db";
  bool stopped = true;
  for (std::uint64_t at = 0; stopped; ++at) {
    INFO("after " << at << " operations");
    Disk disk{at + 1, {}};
    make_backup(disk, "/one", 3, "/one.backup");
    {
      Database backup{"/one.backup", Database::Open::existing, disk};
      write_key_book(backup, "keys");
    }
    int taken = 0;
    const auto take = [&](const std::string& text) {
      CHECK(text == "keys");
      CHECK(disk.node(database) == nullptr);
      CHECK(disk.node(kDirectory + "/head") != nullptr);
      ++taken;
    };
    disk.operations.stop_after(at);
    const auto first = restore("/one.backup", kDirectory, "restored-1", disk, take);
    stopped = disk.operations.stopped();
    disk.end_process();
    const bool is_there = disk.node(database) != nullptr;
    CHECK((!is_there || taken == 1));
    const int before = taken;
    const auto second = restore("/one.backup", kDirectory, "restored-2", disk, take);
    disk.end_process();
    CHECK(second.ok() == !is_there);
    CHECK(taken == before + (is_there ? 0 : 1));
    check_holds(disk, 3);
  }
}

TEST_CASE("after a kill anywhere in --accept-loss, it has succeeded or can be repeated") {
  for (const bool power : {false, true}) {
    bool stopped = true;
    for (std::uint64_t at = 0; stopped; ++at) {
      INFO("after " << at << " operations" << (power ? std::string{", with the machine"} : ""));
      Disk disk{at + 1, {}};
      std::unique_ptr<DatabaseStore> store;
      REQUIRE(opened(store, disk) == "");
      for (std::uint64_t n = 1; n <= 5; ++n) commit(*store, n, {put(n)});
      disk.operations.stop_after(0);
      store.reset();
      disk.end_process();
      const std::string journal = kDirectory + "/forkmill.db-wal";
      disk.node(journal)->cut_short(disk.node(journal)->bytes().size() - 1);
      disk.sync(kDirectory + "/head");

      disk.operations.stop_after(at);
      const auto first = accept_loss(kDirectory, "after-loss-1", disk);
      stopped = disk.operations.stopped();
      CHECK(first.ok() != stopped);
      disk.end_process();
      if (power) disk.cut_power();
      const auto second = accept_loss(kDirectory, "after-loss-2", disk);
      disk.end_process();
      if (!second.ok()) CHECK(contains(second.failure().text, "nothing is missing"));
      store = store_on(disk);
      const auto identity = store->open();
      REQUIRE_MESSAGE(identity.ok(), (identity.ok() ? "" : identity.failure().text));
      CHECK(contains(identity->id, "after-loss"));
      CHECK(identity->last == CommitSeq{5});  // the number; it is not used again
      CHECK(summaries(*store).size() == 4);
    }
  }
}

}  // namespace failing_disk_test
