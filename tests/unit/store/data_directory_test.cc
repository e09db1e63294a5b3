// The store in a data directory: crashes of the process, checkpoints, the lock.
#include <sys/stat.h>

#include "tests/unit/store/rig.h"

namespace data_directory_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::CommitSeq;
using forkmill::proto::TaskSeq;

TEST_CASE("the store in a data directory is durable and says how much room there is") {
  Folder folder;
  const auto store = open_store(folder.path("data"));
  CHECK(store->durable());
  CHECK(store->free_bytes().value_or(0) > 0);
}

TEST_CASE("after the death of its process the store has every commit and nothing uncommitted") {
  Folder folder;
  const std::string directory = folder.path("data");
  const int status = in_child([&] {
    auto store = make_store(directory);
    if (!failure_of(*store).empty()) return 1;
    if (!store->apply(std::vector<StoreOp>{put(1), put(2)}).ok() || !store->commit(CommitSeq{1}).ok()) return 2;
    if (!store->apply(std::vector<StoreOp>{put(3), finish(1), Forget{TaskSeq{2}}}).ok()) return 3;
    return 0;
  });
  REQUIRE(status == 0);
  auto store = make_store(directory);
  const auto identity = store->open();
  REQUIRE(identity.ok());
  CHECK(identity->last == CommitSeq{1});
  CHECK(identity->epoch.value() == 2);
  const auto tasks = summaries(*store);
  REQUIRE(tasks.size() == 2);
  CHECK(fetched(*store, {TaskSeq{1}, TaskSeq{2}}) == std::vector<StoredTask>{{put(1), {}, {}}, {put(2), {}, {}}});
}

TEST_CASE("a store that is destroyed before a commit drops the applied changes") {
  Folder folder;
  auto store = open_store(folder.path("data"));
  commit(*store, 1, {put(1)});
  REQUIRE(store->apply(std::vector<StoreOp>{put(2), finish(1)}).ok());
  store.reset();
  store = open_store(folder.path("data"));
  const auto tasks = summaries(*store);
  REQUIRE(tasks.size() == 1);
  CHECK_FALSE(tasks[0].end);
}

TEST_CASE("the database's own journal is checkpointed at its limit and at the end") {
  Folder folder;
  const std::string directory = folder.path("data");
  auto store = open_database_store(directory, 64 * 1024);
  for (std::uint64_t n = 1; n <= 400; ++n) commit(*store, n, {put(2 * n)});
  CHECK(std::filesystem::file_size(directory + "/forkmill.db-wal") < 256 * 1024);
  CHECK(std::filesystem::file_size(directory + "/forkmill.db") > 16 * 1024);
  store.reset();
  CHECK(std::filesystem::file_size(directory + "/forkmill.db-wal") == 0);
  std::vector<TaskSummary> tasks;
  CHECK(failure_of(*make_database_store(directory), &tasks) == "");
  CHECK(tasks.size() == 400);
}

TEST_CASE("progressions stay consistent in any order of changes") {
  using forkmill::proto::Attempt;
  using forkmill::proto::milliseconds;
  Folder folder;
  auto store = open_store(folder.path("data"));
  commit(*store, 1, {put(1), put(2), Reschedule{TaskSeq{1}, Attempt{1}, milliseconds{5}}});
  commit(*store, 2, {Dispatch{TaskSeq{1}, Attempt{2}}, Dispatch{TaskSeq{2}, Attempt{1}}});
  commit(*store, 3, {Reschedule{TaskSeq{1}, Attempt{2}, milliseconds{9}}, finish(2), Forget{TaskSeq{2}}});
  store.reset();
  store = open_store(folder.path("data"));
  const auto tasks = summaries(*store);
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].progression == Progression{Attempt{2}, milliseconds{9}, false});
}

TEST_CASE("empty and large payloads are kept") {
  Folder folder;
  auto store = open_store(folder.path("data"));
  PutTask empty = put(1);
  empty.payload = {};
  PutTask large = put(3);
  large.payload = forkmill::proto::Payload::own(std::string(5'000'000, 'z'));
  Finish end = finish(3);
  end.outcome.value = large.payload;
  commit(*store, 1, {empty, large, end});
  store.reset();
  store = open_store(folder.path("data"));
  CHECK(fetched(*store, {TaskSeq{1}, TaskSeq{3}}) == std::vector<StoredTask>{{empty, {}, {}}, {large, {}, end}});
}

TEST_CASE("a second opener of a directory is refused") {
  Folder folder;
  auto store = open_store(folder.path("data"));
  CHECK(failure_of(folder.path("data")) == "data directory " + folder.path("data") +
                                               " is in use by another broker (pid " + std::to_string(::getpid()) + ")");
  commit(*store, 1, {put(1)});
  store.reset();
  CHECK(failure_of(folder.path("data")) == "");
}

TEST_CASE("other users cannot read the files") {
  Folder folder;
  auto store = open_store(folder.path("data"));
  commit(*store, 1, {put(1)});
  for (const char* name : {"", "/forkmill.db", "/forkmill.db-wal", "/head", "/lock"}) {
    struct stat found {};
    REQUIRE(::stat((folder.path("data") + name).c_str(), &found) == 0);
    CHECK((found.st_mode & 077U) == 0);
  }
}

}  // namespace data_directory_test
