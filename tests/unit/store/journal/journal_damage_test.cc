// Journals that are damaged or incomplete: the store refuses them, says what is wrong, and the ways out work.
#include "broker/store/journal/frame.h"
#include "broker/store/maintenance/maintenance.h"
#include "tests/sim/disk/disk.h"
#include "tests/unit/store/rig.h"

namespace journal_damage_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::CommitSeq;
using forkmill::proto::Epoch;
using forkmill::proto::TaskSeq;

namespace {

constexpr std::uint64_t kKey = 7;  // that of make_store()

// A data directory as a killed broker leaves it: `commits` commits of one task each, all in the first segment.
class Killed {
 public:
  explicit Killed(std::uint64_t commits) {
    const auto store = make_store(folder_.path("running"));
    REQUIRE(failure_of(*store) == "");
    for (std::uint64_t n = 1; n <= commits; ++n) commit(*store, n, {put(n * 2)});
    copy_directory(folder_.path("running"), data());
  }
  std::string data() const { return folder_.path("data"); }
  std::string segment() const { return data() + "/forkmill.journal.1"; }
  // The offset of the frame of a commit, and of the end of the last one.
  std::uint64_t frame(std::uint64_t commit) const {
    const std::string bytes = read_file(segment());
    std::uint64_t at = 0;
    for (std::uint64_t n = 1; n < commit; ++n)
      at += read_frame(std::string_view{bytes}.substr(at), kKey, Epoch{1})->bytes();
    return at;
  }
  void flip(std::uint64_t byte) const {
    std::string bytes = read_file(segment());
    bytes[byte] = static_cast<char>(bytes[byte] ^ 4);
    write_file(segment(), bytes);
  }
  std::string refusal() const { return failure_of(*make_store(data())); }
  // Accepts the loss. Returns the tasks that are left.
  std::size_t left_after_loss() const {
    const auto report = accept_loss(data(), "store-2");
    REQUIRE_MESSAGE(report.ok(), (report.ok() ? "" : report.failure().text));
    const auto store = make_store(data());
    const auto identity = store->open();
    REQUIRE(identity.ok());
    CHECK(identity->id == "store-2");
    CHECK(report->commit.value() == summaries(*store).size());
    CHECK(identity->last == CommitSeq{5});  // numbers of lost commits are not used again
    return summaries(*store).size();
  }

 private:
  Folder folder_;
};

// The directory of a killed store: two tasks are in its database, one of them damaged, and their ends, with a third
// task, in its journal.
std::string with_damaged_row(const Folder& folder) {
  auto store = make_store(folder.path("running"));
  REQUIRE(failure_of(*store) == "");
  commit(*store, 1, {put(1), put(2)});
  store.reset();  // the database has both
  store = make_store(folder.path("running"));
  REQUIRE(failure_of(*store) == "");
  commit(*store, 2, {finish(1), finish(2), put(100'000'000)});
  std::string directory = folder.path("data");
  copy_directory(folder.path("running"), directory);
  std::string bytes = read_file(directory + "/forkmill.db");
  bytes[bytes.find("body 2")] = 'B';
  write_file(directory + "/forkmill.db", bytes);
  return directory;
}

}  // namespace

TEST_CASE("a journal that was cut short is refused, with the number of missing commits") {
  const Killed killed{5};
  std::filesystem::resize_file(killed.segment(), killed.frame(4) + 10);
  const std::string text = killed.refusal();
  CHECK(contains(text, "lacks 2 commits that were reported safe (it ends with commit 3, the last one was 5)"));
  CHECK(contains(text, "--accept-loss"));
  CHECK(contains(check(killed.data())->findings.at(0), "lacks 2 commits"));
  CHECK(contains(quarantine(killed.data()).failure().text, "lacks 2 commits"));
  CHECK(killed.left_after_loss() == 3);
}

TEST_CASE("a flipped bit in the last commit is refused") {
  const Killed killed{5};
  killed.flip(killed.frame(5) + 60);
  CHECK(contains(killed.refusal(), "lacks 1 commit that was reported safe"));
  CHECK(killed.left_after_loss() == 4);
}

TEST_CASE("a flipped bit in a commit that others follow is refused, also without the head's help") {
  const Killed killed{5};
  const std::uint64_t at = killed.frame(3) + 60;
  killed.flip(at);
  const std::string text = killed.refusal();
  CHECK(contains(text, killed.segment() + " is damaged: commit 4 is there, but not all between it and commit 2"));
  CHECK(contains(check(killed.data())->findings.at(0), "commit 4 is there"));
  CHECK(contains(quarantine(killed.data()).failure().text, "commit 4 is there"));
  CHECK(killed.left_after_loss() == 2);
}

TEST_CASE("a missing file of the journal is refused") {
  const Killed killed{5};
  std::filesystem::remove(killed.segment());
  CHECK(contains(killed.refusal(), killed.segment() + " is missing, and with it may be commits after 0"));
  CHECK(killed.left_after_loss() == 0);
}

TEST_CASE("a commit that was never complete is left out without a word") {
  const Killed killed{5};
  std::string bytes = read_file(killed.segment());
  const std::uint64_t end = killed.frame(6);
  bytes.resize(end + 1000);
  bytes.replace(end, 200, bytes.substr(0, 200));  // a frame that is not the next one
  bytes[end + 100] = 'x';
  write_file(killed.segment(), bytes);
  const auto store = make_store(killed.data());
  REQUIRE(failure_of(*store) == "");
  CHECK(summaries(*store).size() == 5);
}

TEST_CASE("frames of an earlier opening are not read") {
  Folder folder;
  {
    const auto store = make_store(folder.path("data"));
    REQUIRE(failure_of(*store) == "");
    for (std::uint64_t n = 1; n <= 5; ++n) commit(*store, n, {put(n * 2)});
  }
  auto store = make_store(folder.path("data"));
  REQUIRE(failure_of(*store) == "");
  commit(*store, 6, {Forget{TaskSeq{2}}});
  copy_directory(folder.path("data"), folder.path("copy"));
  store = make_store(folder.path("copy"));
  const auto identity = store->open();
  REQUIRE(identity.ok());
  CHECK(identity->last == CommitSeq{6});
  CHECK(summaries(*store).size() == 4);
}

TEST_CASE("a damaged row of the database is set aside, and the journal is kept") {
  const Folder folder;
  const std::string directory = with_damaged_row(folder);
  CHECK(contains(failure_of(*make_store(directory)), "--quarantine"));
  // The failed start has brought the database up to the journal.
  const auto report = quarantine(directory);
  REQUIRE(report.ok());
  CHECK(report->tasks == 1);
  const auto store = make_store(directory);
  REQUIRE(failure_of(*store) == "");
  CHECK(fetched(*store, {TaskSeq{1}, TaskSeq{2}, TaskSeq{100'000'000}}) ==
        std::vector<StoredTask>{{put(1), {}, finish(1)}, {put(100'000'000), {}, {}}});
}

TEST_CASE("quarantine adds the journal to the rows that it leaves") {
  const Folder folder;
  const std::string directory = with_damaged_row(folder);
  const auto report = quarantine(directory);
  REQUIRE(report.ok());
  CHECK(report->tasks == 1);
  const auto store = make_store(directory);
  const auto identity = store->open();
  REQUIRE(identity.ok());
  CHECK(identity->last == CommitSeq{2});
  CHECK(fetched(*store, {TaskSeq{1}, TaskSeq{2}, TaskSeq{100'000'000}}) ==
        std::vector<StoredTask>{{put(1), {}, finish(1)}, {put(100'000'000), {}, {}}});
}

TEST_CASE("after a failed sync of the journal, a restart does not rely on unwritten pages") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const bool forgets : {false, true}) {
      INFO("seed " << seed << (forgets ? std::string{", what was not written is forgotten"} : ""));
      forkmill::sim::DiskManners manners;
      manners.forgets_on_failure = forgets;
      forkmill::sim::Disk disk{seed, manners};
      auto store = make_store("/data", 32 << 20, disk);
      REQUIRE(failure_of(*store) == "");
      commit(*store, 1, {put(2)});
      disk.faults.failing_sync = "forkmill.journal.1";
      REQUIRE(store->apply(std::vector<StoreOp>{put(4)}).ok());
      const auto status = store->commit(CommitSeq{2});
      REQUIRE_FALSE(status.ok());
      CHECK(contains(status.failure().text, "/data/forkmill.journal.1 cannot be made safe"));
      store.reset();
      disk.end_process();
      store = make_store("/data", 32 << 20, disk);
      const auto identity = store->open();
      REQUIRE(identity.ok());
      const std::uint64_t there = identity->last.value();
      CHECK(there >= 1);
      for (std::uint64_t n = there + 1; n <= 10; ++n) commit(*store, n, {put(100'000'000 + n * 2)});
      disk.operations.stop_after(0);
      store.reset();
      disk.cut_power();
      store = make_store("/data", 32 << 20, disk);
      const auto again = store->open();
      REQUIRE_MESSAGE(again.ok(), (again.ok() ? "" : again.failure().text));
      CHECK(again->last == CommitSeq{10});
      CHECK(summaries(*store).size() == 10);
    }
  }
}

TEST_CASE("a store that was killed anywhere in its first two starts, each time with the machine, starts again") {
  bool first_stopped = true;
  for (std::uint64_t first = 0; first_stopped; ++first) {
    bool second_stopped = true;
    for (std::uint64_t second = first % 23; second_stopped; second += 23) {
      INFO("after " << first << " and " << second << " operations");
      forkmill::sim::DiskManners manners;
      manners.names_in_order = (first + second) % 2 == 0;
      manners.sync_takes_name = (first + second) % 3 == 0;
      forkmill::sim::Disk disk{1000 * first + second, manners};
      const auto stopped_start = [&disk](std::uint64_t operations) {
        disk.operations.stop_after(operations);
        auto store = make_store("/data", 32 << 20, disk);
        (void)failure_of(*store);
        const bool stopped = disk.operations.stopped();
        if (!stopped) disk.operations.stop_after(0);
        store.reset();
        disk.cut_power();
        return stopped;
      };
      first_stopped = stopped_start(first);
      second_stopped = stopped_start(second);
      auto store = make_store("/data", 32 << 20, disk);
      REQUIRE(failure_of(*store) == "");
      commit(*store, 1, {put(2)});
      disk.operations.stop_after(0);
      store.reset();
      disk.cut_power();
      store = make_store("/data", 32 << 20, disk);
      REQUIRE(failure_of(*store) == "");
      CHECK(summaries(*store).size() == 1);
    }
  }
}

}  // namespace journal_damage_test
