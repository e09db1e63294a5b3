// Peers that fill the disk of a live broker, by tasks and by values of durable objects.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <forkmill/queue.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/e2e/broker/data_folder.h"
#include "tests/e2e/broker/small_disk.h"
#include "tests/e2e/client/fake_worker.h"
#include "tests/e2e/security/rude_client.h"
#include "tests/e2e/worker/cluster.h"

namespace disks_test {

using namespace forkmill;
using namespace forkmill::test;
using namespace forkmill::tests;

namespace {

constexpr auto kLong = 60s;
constexpr Task<std::string(std::string)> kNamed{"disks.echo"};
constexpr std::size_t kMib = std::size_t{1} << 20;

// A client whose tasks and items fail at once if there is no room for them.
ClientOptions impatient(const Cluster& cluster) {
  ClientOptions options;
  options.endpoint = cluster.endpoint();
  options.when_full = WhenFull::reject;
  return options;
}

// Returns the code with which the task ends; ok: it has its result.
Errc outcome_of(Future<std::string> future) {
  try {
    (void)future.get_for(kLong);
    return Errc::ok;
  } catch (const Error& error) {
    return error.code();
  }
}

}  // namespace

TEST_CASE("a flood of large tasks leaves the reserve of the disk free, and the broker goes on, also after a restart") {
  DataFolder folder;
  const SmallDisk disk{folder.data(), "128m"};
  if (!disk.mounted()) return;
  Cluster cluster{folder.flags({"--disk-reserve", "48M", "--result-ttl", "1s"})};
  FakeWorker worker{cluster.endpoint()};
  worker.on(kNamed, [](std::string text) { return text; });
  worker.start();
  Client honest{impatient(cluster)};
  REQUIRE(honest.submit(kNamed, "before").get_for(kLong) == "before");

  std::vector<TaskId> flood;
  {
    RudeClient rude{cluster.endpoint()};
    const std::string large(4 * kMib, 'x');
    bool taken = true;
    for (std::uint64_t n = 1; taken && n <= 100; ++n) {
      flood.push_back(task_id(n));
      taken = rude.send(proto::Submit{{submission(n, "flood", "t.x", {}, large)}});
    }
    CHECK(taken);
  }
  CHECK(eventually([&] { return outcome_of(honest.submit(kNamed, "durable")) == Errc::disk_full; }));
  CHECK(honest.with({.durability = Durability::memory}).submit(kNamed, "memory").get_for(kLong) == "memory");
  cluster.stop_broker();
  cluster.start_broker();
  CHECK(honest.with({.durability = Durability::memory}).submit(kNamed, "memory").get_for(kLong) == "memory");

  // Cancelled tasks give their room back: neither journal nor database keeps it.
  for (const TaskId& id : flood) (void)honest.cancel(id).get_for(kLong);
  CHECK(eventually([&] { return outcome_of(honest.submit(kNamed, "after")) == Errc::ok; }));
}

TEST_CASE("values for a durable object that was opened before the disk was full are refused, and the broker goes on") {
  DataFolder folder;
  const SmallDisk disk{folder.data(), "64m"};
  if (!disk.mounted()) return;
  Cluster cluster{folder.flags({"--disk-reserve", "16M"})};
  Client client{cluster.endpoint()};
  Queue<std::string> queue{"items", 0, ObjectOptions{client}.durable()};
  const std::string large(kMib, 'x');
  std::size_t put = 0;
  Errc refused = Errc::ok;
  while (refused == Errc::ok && put < 200) {
    try {
      queue.put(large);
      ++put;
    } catch (const Error& error) {
      refused = error.code();
    }
  }
  CHECK(refused == Errc::disk_full);
  CHECK(put > 5);
  for (std::size_t i = 0; i < put; ++i) REQUIRE(queue.get().size() == large.size());
  CHECK(eventually([&] {
    try {
      queue.put("there is room again");
      return true;
    } catch (const Error&) {
      return false;
    }
  }));
  CHECK(queue.get() == "there is room again");
}

}  // namespace disks_test
