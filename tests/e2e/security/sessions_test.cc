// Peers with a session that keep to no limit: the broker's memory stays small, and others are served.
#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "tests/e2e/security/besieged.h"
#include "tests/e2e/security/hand_peer.h"
#include "tests/e2e/security/rude_client.h"

namespace sessions_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE("a client that asks much and never reads the answers is cut, and costs little memory" *
          doctest::skip(Besieged::kIsSlow)) {
  Besieged broker;
  RudeClient rude{broker.ipc()};
  proto::Submit submit;
  for (std::uint64_t n = 1; n <= 9000; ++n)
    submit.tasks.push_back(submission(n, "queue-with-a-long-name-" + std::to_string(n), "t.x"));
  REQUIRE(rude.send(submit));
  const std::size_t before = broker.resident_mib();
  bool taken = true;
  for (std::uint64_t id = 1; taken && id <= 1000; ++id)
    taken = rude.send(proto::Query{id, proto::QueryKind::queues, "", {}});
  CHECK(broker.serves());
  // Until all that were taken are answered, or the client was cut.
  CHECK(eventually([&] { return !rude.send(proto::Heartbeat{}); }, 60s));
  CHECK(broker.resident_mib() < before + Besieged::kLittleMemory);
  CHECK(broker.serves());
}

TEST_CASE("a client that never reads results is cut before they take much memory, and others are served" *
          doctest::skip(Besieged::kIsSlow)) {
  Besieged broker;
  RudeClient rude{broker.ipc()};
  proto::Attach unknown;
  for (std::uint64_t n = 1; n <= proto::limits::kMaxRecords; ++n) unknown.ids.push_back(TaskId::make(0, 1, n));
  [[maybe_unused]] const std::size_t before = broker.resident_mib();
  bool taken = true;
  for (int i = 0; taken && i < 2000; ++i) taken = rude.send(unknown);
  CHECK(broker.serves());
  CHECK(eventually([&] { return !rude.send(proto::Heartbeat{}); }, 60s));
#ifndef __SANITIZE_ADDRESS__  // the memory that it puts around each of many small blocks is more than theirs
  constexpr std::size_t kMaxUnread = 512;  // MiB: envelopes that wait, with the memory around them
  CHECK(broker.resident_mib() < before + kMaxUnread + Besieged::kLittleMemory);
#endif
  CHECK(broker.serves());
}

TEST_CASE("tasks of names that no worker has do not hold up the tasks of their queue that one has" *
          doctest::skip(Besieged::kIsSlow)) {
  Besieged broker;
  RudeClient rude{broker.ipc()};
  for (std::uint64_t from = 1; from <= 60'000; from += 10'000) {
    proto::Submit submit;
    for (std::uint64_t n = from; n < from + 10'000; ++n)
      submit.tasks.push_back(submission(n, "probe", "t.unknown" + std::to_string(n)));
    REQUIRE(rude.send(submit));
  }
  FakeWorker worker{broker.ipc(), {"probe"}};
  worker.on(kEcho, [](std::string text) { return text; });
  worker.start(64);
  Client client{broker.ipc()};
  // Minutes, if each grant looked at all of them.
  const std::vector<std::string> texts(20'000, "hello");
  const auto end = std::chrono::steady_clock::now() + 60s;
  for (auto& future : client.with({.queue = "probe"}).map(kEcho, texts))
    CHECK(future.get_for(std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now())) ==
          "hello");
  CHECK(broker.stop() == 0);
}

TEST_CASE("of a flood of questions, a few wait for their answers, and the others are refused") {
  Besieged broker{{"--memory", "--session-timeout", "60s"}};
  HandPeer curious{broker.ipc()};
  curious.greet(client_hello(1));
  constexpr std::uint64_t kMany = 800;
  ::kill(broker.pid(), SIGSTOP);  // all of them come at once
  for (std::uint64_t id = 1; id <= kMany; ++id) curious.send(proto::Query{id, proto::QueryKind::task, "ffffffff", {}});
  ::kill(broker.pid(), SIGCONT);
  CHECK(broker.serves());
  std::size_t answered = 0;
  std::size_t refused = 0;
  REQUIRE(eventually([&] {
    answered += curious.take<proto::Reply>().size();
    for (const auto& error : curious.take<proto::ErrorMessage>())
      refused += error.code == Errc::too_many_waiting ? 1 : 0;
    return answered + refused == kMany;
  }));
  CHECK(refused > 0);
}

TEST_CASE("a client that attaches thousands of tasks again and again, whose results wait for it, stops no other" *
          doctest::skip(Besieged::kIsSlow)) {
  Besieged broker{{"--memory", "--session-timeout", "60s"}};
  FakeWorker worker{broker.ipc()};
  worker.on_raw("t.x", "", [](FakeWorker&, const proto::GrantedTask&) { return proto::Outcome{}; });
  worker.start(4096);
  RudeClient rude{broker.ipc()};
  constexpr std::uint64_t kTasks = 60'000;
  for (std::uint64_t from = 1; from <= kTasks; from += 10'000) {
    proto::Submit submit;
    for (std::uint64_t n = from; n < from + 10'000; ++n) submit.tasks.push_back(submission(n, "default", "t.x"));
    REQUIRE(rude.send(submit));
  }
  REQUIRE(eventually([&] { return worker.executed() == kTasks; }));
  for (int round = 0; round < 30; ++round) {
    proto::Attach attach;
    for (std::uint64_t n = 0; n < proto::limits::kMaxRecords; ++n) attach.ids.push_back(task_id(kTasks - n));
    if (!rude.send(attach)) break;
  }
  CHECK(broker.serves());
  CHECK(broker.stop() == 0);
}

}  // namespace sessions_test
