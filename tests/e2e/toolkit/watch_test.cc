// Looking on while a dict or a list changes.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::watch_test {

TEST_CASE("a dict can be waited on for a change") {
  Rig rig;
  Dict<std::string, int> dict{"d", rig.a};
  Dict<std::string, int> theirs{"d", rig.b};
  const auto before = dict.version();
  CHECK(dict.wait_change(before, 50ms) == std::nullopt);
  theirs.set("a", 1);
  theirs.set("b", 1);
  theirs.set("a", 2);
  const auto changes = dict.wait_change(before, 10s);
  REQUIRE(changes);
  CHECK(changes->version > before);
  CHECK_FALSE(changes->everything);
  CHECK(std::set<std::string>{changes->what.begin(), changes->what.end()} == std::set<std::string>{"a", "b"});
  CHECK(dict.wait_change(changes->version, 0s) == std::nullopt);
}

TEST_CASE("a change of the past is returned at once while another watcher waits for the next one") {
  Rig rig;
  List<int> list{"l", rig.a};
  const auto before = list.version();
  CHECK(list.wait_change(before, 0s) == std::nullopt);
  list.append(1);
  std::atomic<int> calls = 0;
  const auto watch = list.watch([&](const Changes<std::int64_t>&) { ++calls; });  // waits for the next change
  List<int> theirs{"l", rig.b};
  const auto changes = theirs.wait_change(before, 0s);
  REQUIRE(changes);
  CHECK(changes->what == std::vector<std::int64_t>{0});
  CHECK(calls == 0);
}

TEST_CASE("a watch is called for changes until it is stopped") {
  Rig rig;
  List<int> list{"l", rig.a};
  list.extend(std::vector{1, 2, 3});
  std::mutex mutex;
  std::condition_variable more;
  std::set<std::int64_t> seen;
  int calls = 0;
  {
    const auto watch = list.watch([&](const Changes<std::int64_t>& changes) {
      const std::unique_lock lock{mutex};
      seen.insert(changes.what.begin(), changes.what.end());
      ++calls;
      more.notify_all();
      if (calls == 1) throw std::runtime_error{"reported, and the watch goes on"};
    });
    List<int> theirs{"l", rig.b};
    theirs.set(0, 9);
    std::unique_lock lock{mutex};
    REQUIRE(more.wait_for(lock, 10s, [&] { return seen.contains(0); }));
    lock.unlock();
    theirs.set(2, 9);
    lock.lock();
    REQUIRE(more.wait_for(lock, 10s, [&] { return seen.contains(2); }));
  }
  auto ended = list.watch([](const Changes<std::int64_t>&) {});
  CHECK(ended.active());
  const int before = calls;
  list.set(1, 5);
  CHECK(list.at(1) == 5);
  list.remove();
  CHECK(eventually([&] { return !ended.active(); }));
  CHECK_FALSE(Watch{}.active());
  const std::unique_lock lock{mutex};
  CHECK(calls == before);
}

}  // namespace forkmill::tests::watch_test
