// Peers that use up what all share, memory and names, against a live broker: how much they get, and that it is given
// back.
#include <doctest/doctest.h>
#include <forkmill/signature.h>

#include <deque>
#include <string>
#include <vector>

#include "tests/e2e/security/besieged.h"
#include "tests/e2e/security/hand_peer.h"
#include "tests/e2e/security/rude_client.h"

namespace budgets_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

constexpr std::size_t kMib = std::size_t{1} << 20;
constexpr std::size_t kLimitMib = 192;

// A broker with little memory, and no other limit, which soon misses its peers.
std::vector<std::string> with_little_memory() {
  return {"--memory",
          "--memory-limit",
          std::to_string(kLimitMib) + "M",
          "--queue-max-bytes",
          "16G",
          "--heartbeat",
          "300ms",
          "--session-timeout",
          "2s",
          "--result-ttl",
          "1s"};
}

proto::Operation open_queue(std::uint64_t number, std::int64_t capacity) {
  proto::Operation open;
  open.number = number;
  open.verb = proto::Verb::open;
  open.spec = proto::ObjectSpec{
      "flood-" + std::to_string(number), proto::ObjectKind::queue, 0, capacity, proto::kObjectOwned, 0,
      proto::Durability::memory};
  return open;
}

}  // namespace

TEST_CASE("a client that ignores its window fills no more memory than the broker may have, and it is given back" *
          doctest::skip(Besieged::kTakesMore)) {
  Besieged broker{with_little_memory()};
  {
    RudeClient rude{broker.ipc()};
    const std::string large(kMib, 'x');
    bool taken = true;
    for (std::uint64_t n = 1; taken && n <= 1000; ++n)
      taken = rude.send(proto::Submit{{submission(n, "flood", "t.x", passing(), large)}});
    CHECK(broker.resident_mib() < kLimitMib + Besieged::kLittleMemory);
  }
  CHECK(broker.log().find("(--memory-limit)") != std::string::npos);
  CHECK(eventually([&] { return broker.serves(); }));
  CHECK(broker.stop() == 0);
}

TEST_CASE("values in objects, and those that wait for room in one, take no more memory than the broker may have" *
          doctest::skip(Besieged::kTakesMore)) {
  Besieged broker{with_little_memory()};
  std::int64_t capacity = 0;  // as many as their bytes allow
  SUBCASE("values in objects") {}
  SUBCASE("values that wait") { capacity = 1; }
  {
    RudeClient rude{broker.ipc()};
    constexpr std::uint64_t kQueues = 16;
    proto::Operate opens;
    for (std::uint64_t n = 1; n <= kQueues; ++n) opens.operations.push_back(open_queue(n, capacity));
    REQUIRE(rude.send(opens));
    std::vector<std::uint64_t> queues;
    while (queues.size() < kQueues)
      for (const auto& answer : std::get<proto::Operated>(rude.receive()).answers)
        queues.push_back(static_cast<std::uint64_t>(answer.a));
    const proto::Payload large = proto::Payload::copy(std::string(kMib, 'x'));
    bool taken = true;
    for (std::uint64_t n = 1; taken && n <= 1000; ++n) {
      proto::Operation put;
      put.number = kQueues + n;
      put.verb = proto::Verb::put;
      put.object = queues[n % kQueues];
      put.values = {large};
      taken = rude.send(proto::Operate{0, {std::move(put)}});
    }
    CHECK(broker.resident_mib() < kLimitMib + Besieged::kLittleMemory);
  }
  CHECK(eventually([&] { return broker.serves(); }));
  CHECK(broker.stop() == 0);
}

TEST_CASE("one frame of a message is not the arguments of many tasks") {
  Besieged broker;
  const std::size_t before = broker.resident_mib();
  RudeClient rude{broker.ipc()};
  constexpr std::size_t kTasks = 1500;
  proto::Submit submit;
  for (std::uint64_t n = 1; n <= kTasks; ++n) submit.tasks.push_back(submission(n, "flood", "t.x", passing(), ""));
  const std::string honest = rude.encode(std::move(submit)).envelope;
  // Each task names frame 0 in place of its empty payload.
  const std::string empty{"\xC4\0", 2};
  std::string forged;
  std::size_t replaced = 0;
  for (std::size_t at = 0; at < honest.size();) {
    const bool is_empty = honest.compare(at, empty.size(), empty) == 0;
    forged += is_empty ? '\0' : honest[at];
    at += is_empty ? empty.size() : 1;
    replaced += is_empty ? 1 : 0;
  }
  REQUIRE(replaced == kTasks);
  const std::string frame(kMib, 'x');
  REQUIRE(rude.send(forged, {frame}));
  CHECK(std::get<proto::ErrorMessage>(rude.receive()).code == Errc::malformed);
  CHECK(broker.serves());
  CHECK(broker.resident_mib() < before + Besieged::kLittleMemory);
}

TEST_CASE("texts about thousands of long signatures are short, and those about thousands of names as well" *
          doctest::skip(Besieged::kIsSlow)) {
  Besieged broker{{"--memory", "--session-timeout", "60s"}};
  HandPeer worker{broker.ipc()};
  std::vector<proto::TaskInfo> tasks;
  for (int n = 0; n < 1900; ++n) tasks.push_back({"t.many", std::to_string(n) + std::string(4000, 'x')});
  worker.greet(worker_hello(1, {"default"}, std::move(tasks)));
  HandPeer client{broker.ipc()};
  client.greet(client_hello(2));
  const std::size_t before = broker.resident_mib();
  proto::Submit submit;
  for (std::uint64_t n = 1; n <= 1200; ++n) {
    auto one = submission(n, "default", "t.many", passing());
    one.edit().signature = 7 + n;  // each has a spec of its own
    submit.tasks.push_back(std::move(one));
  }
  client.send(std::move(submit));
  std::size_t bytes = 0;
  const auto rejected = client.await<proto::SubmitAck>().rejected;
  for (const auto& one : rejected) bytes += one.text.size();
  REQUIRE(rejected.size() == 1200);
  CHECK(rejected[0].code == Errc::signature_mismatch);
  CHECK(bytes <= 1200 * proto::limits::kMaxRejectionText);

  for (std::uint64_t from = 0; from < 60'000; from += 10'000) {
    proto::Submit unknown;
    for (std::uint64_t n = from; n < from + 10'000; ++n)
      unknown.tasks.push_back(submission(10'000 + n, "default", "t.unknown" + std::to_string(n), passing()));
    client.send(std::move(unknown));
  }
  client.send(proto::Query{1, proto::QueryKind::status, "", {}});
  CHECK(client.await<proto::Reply>().body.size() < kMib);
  CHECK(broker.resident_mib() < before + Besieged::kLittleMemory);
  CHECK(broker.serves());
}

TEST_CASE("objects that a flood has made are gone with its client" * doctest::skip(Besieged::kIsSlow)) {
  Besieged broker{{"--memory", "--heartbeat", "300ms", "--session-timeout", "2s"}};
  std::uint64_t order = 0;
  const std::string none = std::string{"count"} + '\0';  // how the answer about all objects ends without any
  const auto are_there = [&] {
    HandPeer watcher{broker.ipc()};
    watcher.greet(client_hello(1, ++order));
    watcher.send(proto::Query{1, proto::QueryKind::objects, "flood-none", {}});
    return !watcher.await<proto::Reply>().body.view().ends_with(none);
  };
  CHECK_FALSE(are_there());
  {
    RudeClient rude{broker.ipc()};
    std::uint64_t number = 0;
    for (int message = 0; message < 4; ++message) {
      proto::Operate opens;
      opens.answered = number + 1;
      for (int i = 0; i < 16'000; ++i) opens.operations.push_back(open_queue(++number, 1));
      REQUIRE(rude.send(opens));
    }
    REQUIRE(eventually(are_there));
  }
  CHECK(eventually([&] { return !are_there(); }));
  CHECK(broker.stop() == 0);
}

TEST_CASE("names of queues and tasks that a flood has used up are free again when its peers are gone" *
          doctest::skip(Besieged::kIsSlow)) {
  Besieged broker{{"--memory", "--heartbeat", "300ms", "--session-timeout", "2s", "--result-ttl", "1s"}};
  {
    RudeClient rude{broker.ipc()};
    std::uint64_t number = 0;
    for (int message = 0; message < 10; ++message) {
      proto::Submit submit;
      for (int i = 0; i < 12'000; ++i) {
        ++number;
        const bool of_queues = message == 0;
        submit.tasks.push_back(submission(number, of_queues ? "flood-" + std::to_string(number) : "flood",
                                          "flood." + std::to_string(number), passing()));
      }
      REQUIRE(rude.send(submit));
    }
  }
  // Workers that serve as many queues as a HELLO has room for.
  {
    std::deque<HandPeer> workers;
    for (std::uint64_t n = 1; n <= 45; ++n) {
      std::vector<std::string> queues;
      for (std::uint64_t i = 0; i < proto::limits::kMaxQueuesPerWorker; ++i)
        queues.push_back("served-" + std::to_string(n) + "-" + std::to_string(i));
      workers.emplace_back(broker.ipc()).try_to_greet(worker_hello(n, std::move(queues), {{"t.x", ""}}));
    }
  }
  CHECK(eventually([&] { return broker.serves(); }));
  CHECK(broker.stop() == 0);
}

}  // namespace budgets_test
