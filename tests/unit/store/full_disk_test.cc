// A disk that has no more room: the store reports it and stops, and all that it had committed is there.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <functional>
#include <optional>

#include "tests/unit/store/rig.h"

namespace full_disk_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::CommitSeq;
using forkmill::proto::Payload;
using forkmill::proto::TaskSeq;

namespace {

PutTask bulky(std::uint64_t n) {
  PutTask task = put(n);
  task.payload = Payload::own(std::string(20'000, 'x'));
  return task;
}

// Commits until the store fails; the number of the last commit that went well, and the text of the failure.
std::pair<std::uint64_t, std::string> fill_up(Store& store) {
  for (std::uint64_t n = 1; n < 10'000; ++n) {
    auto status = store.apply(std::vector<StoreOp>{bulky(n)});
    if (status.ok()) status = store.commit(CommitSeq{n});
    if (status.ok()) continue;
    // Not again.
    if (store.apply(std::vector<StoreOp>{put(n)}) != status || store.commit(CommitSeq{n}) != status)
      return {0, "it went on: " + status.failure().text};
    return {n - 1, status.failure().text};
  }
  return {0, "it did not fail"};
}

bool all_there(const std::string& directory, std::uint64_t commits) {
  auto store = make_database_store(directory);
  std::vector<TaskSummary> tasks;
  return failure_of(*store, &tasks).empty() && tasks.size() == commits;
}

// Runs `body` in a child that has a file system of its own at `path`, which goes with it; `options`: of tmpfs. Returns
// its status; none: this user must not mount.
std::optional<int> on_own_disk(const std::string& path, const char* options, const std::function<int()>& body) {
  constexpr int kCannotMount = 77;
  std::filesystem::create_directory(path);
  const int status = in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", path.c_str(), "tmpfs", 0, options) != 0)
      return kCannotMount;
    return body();
  });
  if (status != kCannotMount) return status;
  MESSAGE("skipped: no right to mount a file system");
  return std::nullopt;
}

}  // namespace

TEST_CASE("a write beyond the file size limit stops the store, and what was committed is there") {
  Folder folder;
  const std::string directory = folder.path("data");
  const std::string report = folder.path("report");
  const int status = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1'000'000, 1'000'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    auto store = make_database_store(directory);
    if (!failure_of(*store).empty()) return 2;
    const auto [commits, text] = fill_up(*store);
    write_file(report, std::to_string(commits) + " " + text);
    return 0;
  });
  REQUIRE(status == 0);
  const std::string text = read_file(report);
  INFO(text);
  CHECK(contains(text, "File too large"));
  CHECK(contains(text, directory + "/forkmill.db"));
  const std::uint64_t commits = std::stoull(text);
  CHECK(commits > 10);
  CHECK(all_there(directory, commits));
}

TEST_CASE("a full file system stops the store, and what was committed is there") {
  const Folder folder;
  const std::string disk = folder.path("disk");
  const auto status = on_own_disk(disk, "mode=0700,size=2m", [&] {
    auto store = make_database_store(disk + "/data");
    if (!failure_of(*store).empty()) return 1;
    const auto free_before = store->free_bytes().value_or(0);
    const auto [commits, text] = fill_up(*store);
    write_file(folder.path("report"), text);
    if (commits < 10 || store->free_bytes().value_or(free_before) >= free_before) return 2;
    store.reset();
    if (::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "mode=0700,size=8m") != 0) return 3;
    return all_there(disk + "/data", commits) ? 0 : 4;
  });
  if (!status) return;
  INFO(read_file(folder.path("report")));
  CHECK(*status == 0);
  CHECK(contains(read_file(folder.path("report")), "the disk is full: " + disk + "/data/forkmill.db"));
}

TEST_CASE("a file system without a limit is not taken for a full one") {
  const Folder folder;
  const std::string disk = folder.path("disk");
  const auto status = on_own_disk(disk, "mode=0700,size=0", [&] {
    auto store = make_store(disk + "/data");
    if (!failure_of(*store).empty()) return 1;
    return store->free_bytes() ? 2 : 0;
  });
  if (status) CHECK(*status == 0);
}

}  // namespace full_disk_test
