// Peers that fill the disk of a live broker, by tasks and by values of durable objects, and one whose tasks are there.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <forkmill/queue.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/broker/data_folder.h"
#include "tests/e2e/client/fake_worker.h"
#include "tests/e2e/security/hand_peer.h"
#include "tests/e2e/security/rude_client.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/small_disk.h"

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

// Submits large tasks that no worker has until the disk is full. Returns those that were accepted.
std::vector<Future<std::string>> fill_disk(Client& client) {
  auto flooder = client.with({.queue = "flood"});
  const std::string large(4 * kMib, 'x');
  std::vector<Future<std::string>> flood;
  Errc refused = Errc::ok;
  while (refused == Errc::ok && flood.size() < 100) {
    auto task = flooder.submit(kNamed, large);
    REQUIRE(eventually([&] { return task.state() != FutureState::pending; }));
    if (task.state() == FutureState::accepted)
      flood.push_back(std::move(task));
    else
      refused = outcome_of(std::move(task));
  }
  CHECK(refused == Errc::disk_full);
  CHECK(flood.size() > 3);
  return flood;
}

// A broker on a small disk, with a worker and a client.
struct SmallSite {
  SmallSite() {
    worker.on(kNamed, [](std::string text) { return text; });
    worker.start();
  }

  DataFolder folder;
  SmallDisk disk{folder.data(), "128m"};
  Cluster cluster{folder.flags({"--disk-reserve", "48M", "--result-ttl", "1s"})};
  FakeWorker worker{cluster.endpoint()};
  Client client{impatient(cluster)};
};

}  // namespace

TEST_CASE("a flood of large tasks leaves the reserve of the disk free, and the broker goes on, also after a restart") {
  SmallSite site;
  if (!site.disk.mounted()) return;
  Cluster& cluster = site.cluster;
  Client& client = site.client;
  const auto in_memory = client.with({.durability = Durability::memory});
  REQUIRE(client.submit(kNamed, "before").get_for(kLong) == "before");

  auto flood = fill_disk(client);
  CHECK(outcome_of(client.submit(kNamed, "durable")) == Errc::disk_full);
  CHECK(in_memory.submit(kNamed, "memory").get_for(kLong) == "memory");
  cluster.stop_broker();
  cluster.start_broker();
  CHECK(in_memory.submit(kNamed, "memory").get_for(kLong) == "memory");

  for (auto& task : flood) task.cancel();
  for (auto& task : flood) CHECK_THROWS_AS(task.get_for(kLong), Cancelled);
  cluster.stop_broker();
  cluster.start_broker();
  CHECK(eventually([&] { return outcome_of(client.submit(kNamed, "after")) == Errc::ok; }));
}

TEST_CASE("when a flood that has filled the disk is cancelled, durable tasks are taken in again without a restart") {
  SmallSite site;
  if (!site.disk.mounted()) return;
  Cluster& cluster = site.cluster;
  Client& client = site.client;
  auto flood = fill_disk(client);
  CHECK(outcome_of(client.submit(kNamed, "durable")) == Errc::disk_full);

  for (auto& task : flood) task.cancel();
  for (auto& task : flood) CHECK_THROWS_AS(task.get_for(kLong), Cancelled);
  CHECK(eventually([&] { return outcome_of(client.submit(kNamed, "after")) == Errc::ok; }));
  CHECK(contains(cluster.log("broker.log"), "there is room on the disk again"));
}

TEST_CASE("messages of a client behind one that waits for a task on disk are handled in their order") {
  DataFolder folder;
  Cluster cluster{folder.flags({"--session-timeout", "60s"})};
  HandPeer client{cluster.endpoint()};
  client.greet(client_hello(1));
  // The broker keeps 32 MiB of the arguments of like tasks of one client in memory. The last tasks are on disk.
  constexpr std::uint64_t kTasks = 48;
  const std::string large(kMib, 'x');
  for (std::uint64_t n = 1; n <= kTasks; ++n) {
    client.send(proto::Submit{{submission(n, "line", "t.x", {}, large)}});
    CHECK(client.await<proto::SubmitAck>().rejected.empty());
  }
  const auto ask = [&](std::uint64_t number, std::uint64_t task) {
    client.send(proto::Query{number, proto::QueryKind::task, task_id(task).to_string()});
  };

  SUBCASE("questions") {
    constexpr std::uint64_t kQuestions = 20;
    ::kill(cluster.broker().pid(), SIGSTOP);  // all of them come at once
    for (std::uint64_t number = 1; number <= kQuestions; number += 2) {
      ask(number, kTasks - number / 2);
      client.send(proto::Query{number + 1, proto::QueryKind::ping, ""});
    }
    ::kill(cluster.broker().pid(), SIGCONT);
    for (std::uint64_t number = 1; number <= kQuestions; ++number) {
      const auto reply = client.await<proto::Reply>();
      CHECK(reply.id == number);
      CHECK(reply.code == Errc::ok);
    }
  }
  SUBCASE("a task that is submitted, asked for and cancelled") {
    const proto::Submission task = submission(kTasks + 1, "line", "t.x");
    ::kill(cluster.broker().pid(), SIGSTOP);
    ask(1, kTasks);
    client.send(proto::Submit{{task}});
    ask(2, kTasks + 1);
    client.send(proto::Cancel{{task.id}});
    ::kill(cluster.broker().pid(), SIGCONT);
    for (int i = 0; i < 2; ++i) CHECK(client.await<proto::Reply>().code == Errc::ok);
    CHECK(client.await<proto::SubmitAck>().rejected.empty());
    const auto answers = client.await<proto::CancelReply>().answers;
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].state == proto::CancelState::cancelled);
  }
}

TEST_CASE("values for a durable object that was opened before the disk was full are refused, and the broker goes on") {
  DataFolder folder;
  const SmallDisk disk{folder.data(), "64m"};
  if (!disk.mounted()) return;
  Cluster cluster{folder.flags({"--disk-reserve", "16M"})};
  Client client{cluster.endpoint()};
  Queue<std::string> queue{"items", 0, ObjectOptions{client}.durable()};
  const auto refusal = [&] {
    try {
      queue.put(std::string(kMib, 'x'));
      return Errc::ok;
    } catch (const Error& error) {
      return error.code();
    }
  };
  REQUIRE(refusal() == Errc::ok);
  const std::string filler = folder.data() + "/filler";
  take_room(filler, 40'000'000);
  REQUIRE(eventually([&] { return refusal() == Errc::disk_full; }));
  for (int i = 0; i < 100; ++i) CHECK(refusal() == Errc::disk_full);
  CHECK(queue.get().size() == kMib);
  std::filesystem::remove(filler);
  CHECK(eventually([&] { return refusal() == Errc::ok; }));
  CHECK(cluster.broker().wait(0s) == std::nullopt);
}

}  // namespace disks_test
