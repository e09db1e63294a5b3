// The history of finished tasks on a disk: what is found, what goes, and what becomes of it when the disk fails.
#include <sys/stat.h>

#include <limits>

#include "broker/store/history/history_keeper.h"
#include "broker/store/sqlite/sqlite.h"
#include "tests/sim/disk/disk.h"
#include "tests/unit/store/history_samples.h"
#include "tests/unit/store/rig.h"

namespace history_keeper_test {

using namespace forkmill;
using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::Instant;
using forkmill::proto::Now;
using forkmill::proto::TaskSeq;
using forkmill::sim::Disk;
using forkmill::sim::DiskManners;

namespace {

Now at(milliseconds unix_time) { return {Instant{unix_time} + Instant{1}, unix_time}; }

HistoryOptions in(const std::string& directory) {
  HistoryOptions options;
  options.directory = directory;
  return options;
}

std::vector<TaskId> ids_of(const HistoryAnswer& answer) {
  REQUIRE(answer.status.ok());
  std::vector<TaskId> ids;
  for (const FinishedTask& task : answer.tasks) ids.push_back(task.id);
  return ids;
}

// All tasks that the history finds, page by page, the latest first.
std::vector<TaskId> all_of(HistoryKeeper& keeper, std::size_t page = 1000) {
  std::vector<TaskId> ids;
  TaskSeq before;
  do {
    const auto answer = keeper.answer(scan_of(page, before), at(1h));
    for (const TaskId& id : ids_of(answer)) ids.push_back(id);
    before = answer.next;
  } while (before);
  return ids;
}

std::vector<TaskId> ids(std::uint64_t from, std::uint64_t to) {
  std::vector<TaskId> ids;
  for (std::uint64_t n = from; n >= to && n > 0; --n) ids.push_back(finished_id(n));
  return ids;
}

void trim_all(HistoryKeeper& keeper, Now now) {
  while (keeper.trim(now)) {
  }
}

bool is_private(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && (found.st_mode & 077) == 0;
}

}  // namespace

TEST_CASE("finished tasks are found again after a restart, the latest first, in pages and by id") {
  const Folder folder;
  const std::string directory = folder.path("data");
  {
    HistoryKeeper keeper{in(directory)};
    keeper.write(finished_range(1, 10), at(10s));
    keeper.write(finished_range(11, 25), at(25s));
    CHECK(keeper.meter().written == 25);
  }
  HistoryKeeper keeper{in(directory)};
  CHECK(all_of(keeper, 10) == ids(25, 1));
  CHECK(all_of(keeper) == ids(25, 1));
  CHECK(keeper.meter().tasks == 25);
  CHECK(keeper.meter().oldest == 1s);
  CHECK(ids_of(keeper.answer(find_of(digits_of_id(finished_id(7))), at(1h))) == ids(7, 7));
  CHECK(ids_of(keeper.answer(find_of(digits_of_id(finished_id(99))), at(1h))).empty());
  const std::string common = digits_of_id(finished_id(7)).substr(0, 8);
  CHECK(ids_of(keeper.answer(find_of(common), at(1h))) == ids(25, 10));  // the latest 16
  keeper.write(finished_range(26, 26), at(26s));
  CHECK(all_of(keeper) == ids(26, 1));
  CHECK(is_private(directory));
  CHECK(is_private(directory + "/history.db"));
  CHECK(is_private(directory + "/history.db-wal"));
}

TEST_CASE("a search looks at a bounded number of tasks at a time, and ends where all others are too old") {
  const Folder folder;
  HistoryKeeper keeper{in(folder.path("data"))};
  keeper.write(finished_range(1, 3000), at(1h));
  HistoryScan rare;
  rare.most = 5;
  rare.most_visited = 100;
  rare.passes = [](const FinishedTask& task) { return task.finished_at == 2950s || task.finished_at == 2000s; };
  auto answer = keeper.answer({rare}, at(1h));
  CHECK(ids_of(answer) == ids(2950, 2950));
  CHECK(answer.next == TaskSeq{2901});
  CHECK(answer.reached == 2901s);
  rare.before = answer.next;
  CHECK(ids_of(keeper.answer({rare}, at(1h))).empty());
  rare.before = {};
  rare.most_visited = 1'000'000;
  rare.since = 2900s;
  std::uint64_t looked_at = 0;
  rare.passes = [&](const FinishedTask&) { return ++looked_at == 0; };
  answer = keeper.answer({rare}, at(1h));
  CHECK(!answer.next);
  CHECK(looked_at < 1000);
}

TEST_CASE("of many tasks whose ids begin alike, the latest are found") {
  const Folder folder;
  HistoryKeeper keeper{in(folder.path("data"))};
  constexpr std::uint64_t kTasks = 12'000;  // more than one search looks at
  keeper.write(finished_range(1, kTasks), at(1h));
  const std::string common = digits_of_id(finished_id(1)).substr(0, 8);
  CHECK(digits_of_id(finished_id(kTasks)).starts_with(common));
  CHECK(ids_of(keeper.answer(find_of(common), at(1h))) == ids(kTasks, kTasks - 15));
}

TEST_CASE("a task that its submitter knows by another id is found by both") {
  const Folder folder;
  HistoryKeeper keeper{in(folder.path("data"))};
  FinishedTask renamed = finished(1);
  auto spec = std::make_shared<TaskSpec>(*renamed.spec);
  spec->owners_id = finished_id(5'000'000'000);
  renamed.spec = std::move(spec);
  keeper.write(std::vector<FinishedTask>{renamed, finished(2)}, at(1h));
  for (const TaskId& id : {finished_id(1), finished_id(5'000'000'000)})
    CHECK(ids_of(keeper.answer(find_of(digits_of_id(id)), at(1h))) == ids(1, 1));
}

TEST_CASE("a task is found once by what both of its ids begin with") {
  const Folder folder;
  HistoryKeeper keeper{in(folder.path("data"))};
  FinishedTask renamed = finished(1);
  auto spec = std::make_shared<TaskSpec>(*renamed.spec);
  spec->owners_id = finished_id(3);
  renamed.spec = std::move(spec);
  keeper.write(std::vector<FinishedTask>{renamed, finished(2)}, at(1h));
  const std::string common = digits_of_id(finished_id(1)).substr(0, 8);
  REQUIRE(digits_of_id(finished_id(3)).starts_with(common));
  CHECK(ids_of(keeper.answer(find_of(common), at(1h))) == ids(2, 1));
}

TEST_CASE("tasks that are too old are removed, and the others stay") {
  const Folder folder;
  HistoryOptions options = in(folder.path("data"));
  options.max_age = 100s;
  HistoryKeeper keeper{options};
  keeper.write(finished_range(1, 2500), at(2500s));
  trim_all(keeper, at(2500s));
  CHECK(all_of(keeper) == ids(2500, 2400));
  CHECK(keeper.meter().tasks == 101);
  CHECK(keeper.meter().removed == 2399);
  trim_all(keeper, at(1h + 1h));
  CHECK(all_of(keeper).empty());
  CHECK(keeper.meter().tasks == 0);
  CHECK(keeper.meter().removed == 2500);
  CHECK(keeper.meter().errors == 0);
  CHECK(keeper.meter().oldest == 0s);
  keeper.write(finished_range(7101, 7102), at(7102s));
  CHECK(all_of(keeper) == ids(7102, 7101));
}

TEST_CASE("the oldest tasks are removed when there are too many bytes, and a smaller limit is kept after a restart") {
  const Folder folder;
  HistoryOptions options = in(folder.path("data"));
  options.max_bytes = 1 << 20;
  {
    HistoryKeeper keeper{options};
    for (std::uint64_t n = 0; n < 20; ++n) {
      keeper.write(finished_range(1000 * n + 1, 1000 * n + 1000), at(1h));
      trim_all(keeper, at(1h));
      CHECK(keeper.meter().bytes <= options.max_bytes);
    }
    const auto left = all_of(keeper);
    CHECK(left.size() > 2000);
    CHECK(left == ids(20'000, 20'000 - left.size() + 1));
    CHECK(keeper.meter().tasks == left.size());
  }
  options.max_bytes = 256 << 10;
  HistoryKeeper keeper{options};
  trim_all(keeper, at(1h));
  CHECK(keeper.meter().bytes <= options.max_bytes);
  CHECK(all_of(keeper).front() == finished_id(20'000));
}

TEST_CASE("a damaged row is left out and counted") {
  const Folder folder;
  const std::string directory = folder.path("data");
  HistoryKeeper{in(directory)}.write(finished_range(1, 5), at(5s));
  {
    Database database{directory + "/history.db", Database::Open::existing};
    database.run("UPDATE finished SET row = x'0102030405' WHERE number = 3");
  }
  HistoryKeeper keeper{in(directory)};
  CHECK(all_of(keeper) == std::vector<TaskId>{finished_id(5), finished_id(4), finished_id(2), finished_id(1)});
  CHECK(keeper.meter().damaged == 1);
}

TEST_CASE("a damaged history is set aside, and another one begins") {
  const Folder folder;
  const std::string directory = folder.path("data");
  HistoryKeeper{in(directory)}.write(finished_range(1, 5), at(5s));
  std::filesystem::remove(directory + "/history.db-wal");  // has all pages of a database that is as small
  write_file(directory + "/history.db", std::string(8192, 'x'));
  HistoryKeeper keeper{in(directory)};
  keeper.write(finished_range(6, 7), at(7s));
  CHECK(all_of(keeper) == ids(7, 6));
  CHECK(keeper.drain_warning().find("is damaged; it is now " + directory + "/history.db.damaged") != std::string::npos);
  CHECK(read_file(directory + "/history.db.damaged") == std::string(8192, 'x'));
  CHECK(keeper.meter().stopped.empty());
}

TEST_CASE("damage that a search meets in the middle of the history sets it aside as well, a minute later") {
  const Folder folder;
  const std::string directory = folder.path("data");
  const std::string path = directory + "/history.db";
  HistoryKeeper{in(directory)}.write(finished_range(1, 3000), at(1h));
  { Database{path, Database::Open::existing}.run("PRAGMA wal_checkpoint(TRUNCATE)"); }
  std::string bytes = read_file(path);
  REQUIRE(bytes.size() > 65536);
  const std::size_t middle = bytes.size() / 3 / 4096 * 4096;
  bytes.replace(middle, 32768, std::string(32768, '\xff'));
  write_file(path, bytes);
  HistoryKeeper keeper{in(directory)};
  keeper.open(at(1h));
  REQUIRE(keeper.meter().stopped.empty());  // its beginning and its end are sound
  CHECK(keeper.answer(scan_of(3000), at(1h)).status.code() == Errc::history_unavailable);
  CHECK(keeper.meter().stopped.find("is damaged") != std::string::npos);
  CHECK(keeper.drain_warning().find("is damaged") != std::string::npos);
  keeper.write(finished_range(3001, 3002), at(1h + 30s));
  CHECK(keeper.meter().dropped == 2);
  keeper.write(finished_range(3003, 3004), at(1h + 61s));
  CHECK(keeper.meter().stopped.empty());
  CHECK(keeper.drain_warning().find("it is now " + path + ".damaged") != std::string::npos);
  CHECK(read_file(path + ".damaged") == bytes);
  const auto answer = keeper.answer(scan_of(3000), at(1h + 61s));
  CHECK(ids_of(answer) == ids(3004, 3003));
}

TEST_CASE("links, directories that others may write, and databases of other programs are refused") {
  const Folder folder;
  const std::string directory = folder.path("data");
  const auto reason = [&] {
    HistoryKeeper keeper{in(directory)};
    keeper.write(finished_range(1, 1), at(1s));
    CHECK(keeper.meter().dropped == 1);
    CHECK(!keeper.answer(scan_of(1), at(1s)).status.ok());
    return keeper.meter().stopped;
  };
  std::filesystem::create_directory(directory);
  ::chmod(directory.c_str(), 0777);
  CHECK(reason().find("can be written by every user") != std::string::npos);
  ::chmod(directory.c_str(), 0700);
  std::filesystem::create_symlink(folder.path("elsewhere"), directory + "/history.db");
  CHECK(reason().find("is a symbolic link") != std::string::npos);
  CHECK(!std::filesystem::exists(folder.path("elsewhere")));
  std::filesystem::remove(directory + "/history.db");
  {
    Database database{directory + "/history.db", Database::Open::create};
    database.run("CREATE TABLE theirs (x); PRAGMA application_id = 7");
  }
  CHECK(reason().find("is a database of another application") != std::string::npos);
}

TEST_CASE("a full disk stops the history with one warning a minute, and it goes on when there is room") {
  DiskManners manners;
  manners.capacity = 400'000;
  Disk disk{1, manners};
  disk.make_directory("/data");
  HistoryOptions options = in("/data");
  options.files = &disk;
  HistoryKeeper keeper{options};
  std::uint64_t n = 0;
  while (keeper.meter().stopped.empty() && n < 100'000) {
    keeper.write(finished_range(n + 1, n + 100), at(1h));
    n += 100;
  }
  CHECK(keeper.meter().stopped.find("the disk is full") != std::string::npos);
  CHECK(keeper.meter().dropped == 100);
  CHECK(keeper.meter().errors == 1);
  CHECK(keeper.drain_warning().find("the disk is full") != std::string::npos);
  keeper.write(finished_range(n + 1, n + 10), at(1h + 30s));
  CHECK(keeper.meter().dropped == 110);
  CHECK(keeper.drain_warning().empty());
  keeper.write(finished_range(n + 11, n + 2000), at(1h + 61s));
  CHECK(keeper.drain_warning().find("more finished tasks are not in the history") != std::string::npos);
  disk.manners.capacity = 10'000'000;
  keeper.write(finished_range(n + 2001, n + 2010), at(1h + 130s));
  CHECK(keeper.meter().stopped.empty());
  const auto found = all_of(keeper);
  CHECK(found.size() == keeper.meter().written);
  CHECK(found.front() == finished_id(n + 2010));
}

TEST_CASE("the history leaves the store its reserve of the disk") {
  DiskManners manners;
  manners.capacity = 10'000'000;
  Disk disk{1, manners};
  disk.make_directory("/data");
  HistoryOptions options = in("/data");
  options.files = &disk;
  options.disk_reserve = 20'000'000;
  HistoryKeeper keeper{options};
  keeper.write(finished_range(1, 5), at(1h));
  CHECK(keeper.meter().dropped == 5);
  CHECK(keeper.meter().stopped.find("bytes are free") != std::string::npos);
  CHECK(all_of(keeper).empty());  // can be read
  disk.manners.capacity = 100'000'000;
  keeper.write(finished_range(6, 6), at(1h + 1s));
  CHECK(keeper.meter().stopped.empty());
  CHECK(all_of(keeper) == ids(6, 6));
}

TEST_CASE("after any failures of the disk, tasks are found in their order, and each is counted once") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Disk disk{seed, {}};
    disk.make_directory("/data");
    HistoryOptions options = in("/data");
    options.files = &disk;
    std::uint64_t n = 0;
    std::uint64_t accounted = 0;
    {
      HistoryKeeper keeper{options};
      keeper.open(at(1h));
      disk.errors = {0.002, 0.01, 0.01, 0.01};
      for (int round = 0; round < 60; ++round) {
        const Now now = at(1h + round * 40s);
        keeper.write(finished_range(n + 1, n + 20), now);
        n += 20;
        keeper.sync(now);
        keeper.trim(now);
      }
      accounted = keeper.meter().written + keeper.meter().dropped;
      disk.errors = {};
    }
    CHECK(accounted == n);
    disk.end_process();
    HistoryKeeper keeper{options};
    const auto found = all_of(keeper);
    for (std::size_t i = 1; i < found.size(); ++i) CHECK(found[i] < found[i - 1]);
  }
}

TEST_CASE("after a loss of power the history has what was synced") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Disk disk{seed, {}};
    disk.make_directory("/data");
    disk.sync("/");
    HistoryOptions options = in("/data");
    options.files = &disk;
    {
      HistoryKeeper keeper{options};
      keeper.write(finished_range(1, 500), at(1h));
      keeper.sync(at(1h));
      disk.sync("/data");
      keeper.write(finished_range(501, 600), at(1h));
      disk.cut_power();
    }
    HistoryKeeper keeper{options};
    const auto found = all_of(keeper);
    CHECK(found.size() >= 500);
    CHECK(found.back() == finished_id(1));
  }
}

}  // namespace history_keeper_test
