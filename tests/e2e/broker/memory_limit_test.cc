// A broker that has as much memory, or as many bytes of results, as it may have.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include "tests/e2e/broker/data_folder.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace memory_limit_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 60s;

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // these take and keep more memory
TEST_CASE("beyond --memory-limit nothing is taken in, what runs goes on, and there is room again when it is done") {
  Cluster cluster{{"--memory", "--memory-limit", "96M", "--queue-max-bytes", "4G", "--kept-result-bytes", "0"}};
  ClientOptions strict;
  strict.endpoint = cluster.endpoint();
  strict.when_full = WhenFull::reject;
  Client client{strict};
  const std::string argument(1'000'000, 'x');
  std::vector<Future<std::string>> tasks;
  Errc refused = Errc::ok;
  while (refused == Errc::ok && tasks.size() < 2000) {
    auto task = client.submit(kEcho, argument);
    REQUIRE(eventually([&] { return task.state() != FutureState::pending; }));
    if (task.state() == FutureState::accepted) {
      tasks.push_back(std::move(task));
      continue;
    }
    try {
      (void)task.get_for(kLong);
    } catch (const Rejected& error) {
      refused = error.code();
    }
  }
  CHECK(refused == Errc::memory_full);
  CHECK(tasks.size() > 20);
  CHECK(tasks.size() < 200);
  Client patient{cluster.endpoint()};
  auto waiting = patient.submit(kEcho, "waited");
  cluster.start_worker();
  for (auto& task : tasks) CHECK(task.get_for(kLong).size() == argument.size());
  CHECK(waiting.get_for(kLong) == "waited");
  CHECK(eventually([&] {
    auto task = client.submit(kEcho, "again");
    try {
      return task.get_for(kLong) == "again";
    } catch (const Rejected&) {
      return false;
    }
  }));
  CHECK(contains(cluster.log("broker.log"), "(--memory-limit): it accepts nothing until there is room"));
  CHECK(contains(cluster.log("broker.log"), "there is room in memory again"));
}
#endif

TEST_CASE("beyond --result-bytes of results that must be kept, tasks are rejected, and the results stay") {
  Cluster cluster{{"--memory", "--result-bytes", "1M"}};
  cluster.start_worker();
  ClientOptions strict;
  strict.endpoint = cluster.endpoint();
  strict.when_full = WhenFull::reject;
  Client client{strict};
  const std::string argument(300'000, 'x');
  std::vector<TaskId> kept;
  Errc refused = Errc::ok;
  while (refused == Errc::ok && kept.size() < 100) {
    auto task = client.with({.result_ttl = 1h}).submit(kEcho, argument);
    const TaskId id = task.id();
    try {
      const std::string result = task.get_for(kLong);  // outside a CHECK, which would catch what it throws
      CHECK(result.size() == argument.size());
      kept.push_back(id);
    } catch (const Rejected& error) {
      refused = error.code();
    }
  }
  CHECK(refused == Errc::results_full);
  CHECK(kept.size() == 4);
  Client other{cluster.endpoint()};
  for (const TaskId& id : kept) CHECK(other.attach<std::string>(id).get_for(kLong).size() == argument.size());
}

}  // namespace memory_limit_test
