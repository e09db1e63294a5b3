// Disks with little room, and with none.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include "tests/e2e/broker/data_folder.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"
#include "tests/small_disk.h"

namespace disk_full_test {

using namespace forkmill;
using namespace forkmill::test;
using forkmill::tests::SmallDisk;
using forkmill::tests::take_room;

namespace {

constexpr auto kLong = 60s;

ClientOptions impatient(const Cluster& cluster) {
  ClientOptions options;
  options.endpoint = cluster.endpoint();
  options.when_full = WhenFull::reject;
  return options;
}

bool is_rejected_for_the_disk(Client& client) {
  try {
    (void)client.submit(kEcho, "x").get_for(kLong);
    return false;
  } catch (const Rejected& error) {
    return error.code() == Errc::disk_full;
  }
}

}  // namespace

TEST_CASE(
    "less room than --disk-reserve: nothing durable is taken in, what runs is finished, and room is all it takes") {
  DataFolder folder;
  const SmallDisk disk{folder.data(), "32m"};
  if (!disk.mounted()) return;
  Cluster cluster{folder.flags({"--disk-reserve", "8M"})};
  cluster.start_worker();
  Client client{cluster.endpoint()};
  Client strict{impatient(cluster)};
  auto running = client.submit(kNote, cluster.path("notes"), cluster.path("go"), "ran");
  REQUIRE(eventually([&] { return cluster.contents("notes") == "start\n"; }));

  const std::string filler = folder.data() + "/filler";
  take_room(filler, 26'000'000);
  REQUIRE(eventually([&] { return is_rejected_for_the_disk(strict); }));
  auto waiting = client.submit(kEcho, "waited");
  CHECK(strict.with({.durability = Durability::memory}).submit(kEcho, "memory").get_for(kLong) == "memory");
  cluster.touch("go");
  CHECK(running.get_for(kLong) == "ran");
  CHECK(waiting.state() == FutureState::pending);

  std::filesystem::remove(filler);
  CHECK(waiting.get_for(kLong) == "waited");
  CHECK(strict.submit(kEcho, "again").get_for(kLong) == "again");
  CHECK(contains(cluster.log("broker.log"), "durable tasks are rejected until space is free"));
  CHECK(contains(cluster.log("broker.log"), "there is room on the disk again"));
}

TEST_CASE("on a disk with little room the history of finished tasks stops, and the broker goes on") {
  DataFolder folder;
  const SmallDisk disk{folder.data(), "32m"};
  if (!disk.mounted()) return;
  Cluster cluster{folder.flags({"--disk-reserve", "8M", "--history-age", "1d"})};
  cluster.start_worker();
  Client client{cluster.endpoint()};
  CHECK(client.submit(kEcho, "before").get_for(kLong) == "before");
  CHECK(eventually([&] { return std::filesystem::exists(folder.data() + "/history.db"); }));
  const std::string filler = folder.data() + "/filler";
  take_room(filler, 26'000'000);
  auto in_memory = client.with({.durability = Durability::memory});
  CHECK(in_memory.submit(kEcho, "full").get_for(kLong) == "full");
  const auto warned = [&] { return contains(cluster.log("broker.log"), "the broker goes on without the history"); };
  REQUIRE(eventually(warned));
  CHECK(contains(cluster.log("broker.log"), "bytes are free (--disk-reserve)"));
  CHECK(in_memory.submit(kEcho, "still").get_for(kLong) == "still");
  std::filesystem::remove(filler);
  CHECK(client.submit(kEcho, "after").get_for(kLong) == "after");
}

TEST_CASE("a broker on a full disk stops with a text, and acknowledged tasks are there when it has space again") {
  DataFolder folder;
  SmallDisk disk{folder.data(), "4m"};
  if (!disk.mounted()) return;
  Cluster cluster{folder.flags({"--disk-reserve", "0"})};
  Client client{cluster.endpoint()};
  std::vector<Future<std::string>> tasks;
  tasks.reserve(400);
  const auto submit = [&] {
    tasks.push_back(client.submit(kEcho, std::string(20'000, 'a') + std::to_string(tasks.size())));
  };
  submit();  // alone: tasks that are submitted together may all be in the commit for which there is no space
  REQUIRE(eventually([&] { return tasks.front().state() == FutureState::accepted; }));
  while (tasks.size() < 400) submit();
  CHECK(cluster.broker().exit_code() == 1);
  const std::string log = cluster.log("broker.log");
  CHECK(contains(log, "critical"));
  CHECK(contains(log, "the disk is full: " + folder.data() + "/forkmill."));
  CHECK(contains(log, " cannot grow: free some space and start again"));
  CHECK(contains(log, "Nothing that is not safe was acknowledged"));
  const auto accepted = [](const auto& task) { return task.state() == FutureState::accepted; };
  CHECK(std::any_of(tasks.begin(), tasks.end(), accepted));
  CHECK_FALSE(std::all_of(tasks.begin(), tasks.end(), accepted));

  cluster.stop_broker();
  disk.resize("64m");
  cluster.start_broker();
  cluster.start_worker();
  for (std::size_t i = 0; i < tasks.size(); ++i)
    CHECK(tasks[i].get_for(kLong) == std::string(20'000, 'a') + std::to_string(i));
}

}  // namespace disk_full_test
