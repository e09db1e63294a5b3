// Keys, and how safe a task is by its queue and by its own word.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include "tests/e2e/broker/data_folder.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace settings_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 60s;

template <class T>
void await_acceptance(const Future<T>& future) {
  REQUIRE(eventually([&] { return future.state() != FutureState::pending; }));
}

}  // namespace

TEST_CASE("one key from two clients, over a restart, gives one execution; other arguments are rejected") {
  DataFolder folder;
  Cluster cluster{folder.flags({"--restart-grace", "5s"})};
  cluster.start_worker();
  const SubmitOptions keyed{.key = "order-17"};
  const auto submit = [&](Client& client, const std::string& text) {
    return client.with(keyed).submit(kNote, cluster.path("notes"), cluster.path("go"), text);
  };
  Client one{cluster.endpoint()};
  Client two{cluster.endpoint()};
  auto first = submit(one, "result");
  auto second = submit(two, "result");
  REQUIRE(eventually([&] { return cluster.contents("notes") == "start\n"; }));
  // A task may start before it is on disk; a broker that is killed then forgets it.
  await_acceptance(first);
  await_acceptance(second);
  cluster.kill_broker();
  cluster.start_broker();
  Client three{cluster.endpoint()};
  auto while_it_runs = submit(three, "result");
  await_acceptance(while_it_runs);
  cluster.touch("go");
  for (auto* future : {&first, &second, &while_it_runs}) CHECK(future->get_for(kLong) == "result");

  cluster.kill_broker();
  cluster.start_broker();
  Client four{cluster.endpoint()};
  CHECK(submit(four, "result").get_for(kLong) == "result");
  CHECK(cluster.contents("notes") == "start\nend\n");
  try {
    (void)submit(four, "another text").get_for(kLong);
    FAIL("taken");
  } catch (const Rejected& error) {
    CHECK(error.code() == Errc::duplicate_task);
    CHECK(contains(error.what(), "order-17"));
  }
  CHECK(four.with({.queue = "elsewhere", .key = "order-17"}).submit(kEcho, "x").id() != first.id());
}

TEST_CASE("durability comes from the task, else from its queue, else it is durable") {
  DataFolder folder;
  write_file(folder.path("broker.toml"), "[queue.quick]\ndurability = \"memory\"\n[queue.sure]\nmax_tasks = 100\n");
  Cluster cluster{folder.flags({"--config", folder.path("broker.toml")})};
  Client client{cluster.endpoint()};
  auto by_default = client.submit(kEcho, "default");
  auto by_queue = client.with({.queue = "sure"}).submit(kEcho, "sure");
  auto by_itself = client.with({.queue = "quick", .durability = Durability::durable}).submit(kEcho, "itself");
  auto in_memory = client.with({.durability = Durability::memory}).submit(kEcho, "memory");
  auto in_memory_by_queue = client.with({.queue = "quick"}).submit(kEcho, "quick");
  for (const auto* future : {&by_default, &by_queue, &by_itself, &in_memory, &in_memory_by_queue})
    await_acceptance(*future);
  cluster.kill_broker();
  cluster.start_broker();
  CHECK_THROWS_AS(in_memory.get_for(kLong), Disconnected);
  CHECK_THROWS_AS(in_memory_by_queue.get_for(kLong), Disconnected);
  cluster.start_worker({"--queues", "default,sure,quick"});
  CHECK(by_default.get_for(kLong) == "default");
  CHECK(by_queue.get_for(kLong) == "sure");
  CHECK(by_itself.get_for(kLong) == "itself");
}

TEST_CASE("a broker without a store rejects what must be durable") {
  Cluster cluster;
  Client client{cluster.endpoint()};
  try {
    (void)client.with({.durability = Durability::durable}).submit(kEcho, "x").get_for(kLong);
    FAIL("taken");
  } catch (const Rejected& error) {
    CHECK(error.code() == Errc::option_out_of_range);
    CHECK(contains(error.what(), "memory only"));
  }
}

}  // namespace settings_test
