// Workers that do not do what they have taken on, against a live broker.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "proto/transport/dealer.h"
#include "tests/e2e/security/besieged.h"
#include "tests/e2e/security/hand_peer.h"

namespace workers_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

// A worker that speaks the protocol by hand: it says that it is alive, takes tasks, and ends none.
class IdleWorker {
 public:
  explicit IdleWorker(const std::string& endpoint) : dealer_{endpoint} {}

  // Answers what has come, and says that it is alive.
  void serve() {
    while (const auto event = dealer_.link_event())
      if (*event == proto::Dealer::LinkEvent::up) greet();
    while (auto message = dealer_.receive()) {
      REQUIRE(message->ok());
      hear(message->value().message);
    }
    if (session_) send(proto::Heartbeat{});
    static_cast<void>(dealer_.pending());
  }
  const std::vector<proto::Grant>& grants() const { return grants_; }
  // The grants that the broker has taken back.
  const std::vector<proto::Grant>& revoked() const { return revoked_; }
  // Reports a result for the first task that it was granted.
  void succeed_late() {
    proto::Outcome outcome;
    outcome.attempt = grants_.front().attempt;
    outcome.value = proto::Payload::own(pack_value<std::string>("too late"));
    proto::Outcomes outcomes;
    outcomes.outcomes.push_back({grants_.front(), std::move(outcome), proto::milliseconds{-1}, 1});
    outcomes.credit = 1;
    send(std::move(outcomes));
  }

 private:
  void greet() {
    proto::Hello hello;
    hello.role = proto::Role::worker;
    hello.nonce = 1;
    hello.name = "idle";
    hello.worker = {{"default"}, {{std::string{kEcho.name()}, kEcho.signature()}}, 1, {}};
    dealer_.send({{}, hello});
  }
  void hear(const proto::Message& message) {
    if (const auto* welcome = std::get_if<proto::Welcome>(&message)) {
      session_ = welcome->session;
      send(proto::Credit{1});
    } else if (const auto* granted = std::get_if<proto::Grants>(&message)) {
      for (const auto& task : granted->tasks) grants_.push_back(task.grant);
    } else if (const auto* revoke = std::get_if<proto::Revoke>(&message)) {
      revoked_.insert(revoked_.end(), revoke->grants.begin(), revoke->grants.end());
    }
  }
  void send(proto::Message message) {
    seq_ = seq_.next();
    dealer_.send({{session_, seq_}, std::move(message)});
  }

  proto::Dealer dealer_;
  proto::SessionId session_;
  proto::MessageSeq seq_;
  std::vector<proto::Grant> grants_;
  std::vector<proto::Grant> revoked_;
};

}  // namespace

TEST_CASE("a task whose worker ignores its timeout is ended by the broker, and its late result is not taken") {
  const Besieged broker{{"--memory", "--timeout-grace", "100ms"}};
  IdleWorker worker{broker.ipc()};
  Client client{broker.ipc()};
  auto future = client.with({.max_attempts = 1, .timeout = 100ms}).submit(kEcho, "hello");
  REQUIRE(eventually([&] {
    worker.serve();
    return future.ready() && !worker.revoked().empty();
  }));
  REQUIRE(worker.grants().size() == 1);
  CHECK(worker.revoked() == worker.grants());
  std::string why;
  try {
    future.get();
  } catch (const Error& error) {
    why = error.what();
  }
  CHECK_MESSAGE(why.find("worker idle did not end it") != std::string::npos, why);
  worker.succeed_late();
  worker.serve();
  CHECK(broker.serves());
}

TEST_CASE("a worker that lets two attempts run over their timeout is granted nothing more, but another one is") {
  const Besieged broker{{"--memory", "--timeout-grace", "100ms", "--session-timeout", "60s"}};
  HandPeer idle{broker.ipc()};
  proto::Hello hello = worker_hello(1, {"default"}, {{std::string{kEcho.name()}, kEcho.signature()}});
  hello.worker.children = 9;
  idle.greet(std::move(hello));
  idle.send(proto::Credit{9});
  Client client{broker.ipc()};
  auto future = client.with({.max_attempts = 5, .timeout = 500ms}).submit(kEcho, "hello");
  for (int time = 0; time < 2; ++time) {
    const auto granted = idle.await_grants(1);
    CHECK(idle.await<proto::Revoke>().grants == std::vector<proto::Grant>{granted[0].grant});
  }
  FakeWorker honest{broker.ipc()};
  honest.on(kEcho, [](std::string text) { return text; });
  honest.start();
  CHECK(future.get_for(60s) == "hello");
  idle.settle();
  CHECK(idle.take<proto::Grants>().empty());
}

TEST_CASE("a worker with credit without end holds a part of the tasks, and others get the rest") {
  const Besieged broker{{"--memory", "--session-timeout", "60s"}};
  HandPeer greedy{broker.ipc()};
  greedy.greet(worker_hello(1, {"default"}, {{std::string{kEcho.name()}, kEcho.signature()}}));
  greedy.send(proto::Credit{std::uint64_t{1} << 63});
  Client client{broker.ipc()};
  constexpr std::size_t kTasks = 20'000;
  const std::vector<std::string> texts(kTasks, "hello");
  auto futures = client.map(kEcho, texts);
  REQUIRE(eventually([&] {
    return std::none_of(futures.begin(), futures.end(),
                        [](const auto& future) { return future.state() == FutureState::pending; });
  }));
  constexpr std::size_t kMaxHeld = 16 * 1024;
  CHECK(greedy.await_grants(kMaxHeld).size() == kMaxHeld);
  greedy.settle();
  greedy.settle();  // the grants of the round of the first one have come
  CHECK(greedy.take<proto::Grants>().empty());
  FakeWorker honest{broker.ipc()};
  honest.on(kEcho, [](std::string text) { return text; });
  honest.start();
  CHECK(eventually([&] {
    return std::count_if(futures.begin(), futures.end(), [](const auto& future) { return future.ready(); }) ==
           static_cast<std::ptrdiff_t>(kTasks - kMaxHeld);
  }));
  greedy.send(proto::Goodbye{});
  for (auto& future : futures) CHECK(future.get_for(60s) == "hello");
}

TEST_CASE("a worker that hands back all that it is granted is granted less and less, and the tasks run elsewhere") {
  const Besieged broker{{"--memory", "--session-timeout", "60s"}};
  HandPeer unwilling{broker.ipc()};
  unwilling.greet(worker_hello(1, {"default"}, {{std::string{kEcho.name()}, kEcho.signature()}}));
  constexpr std::size_t kWindow = 100;
  unwilling.send(proto::Credit{kWindow});
  Client client{broker.ipc()};
  const std::vector<std::string> texts(500, "hello");
  auto futures = client.map(kEcho, texts);
  std::size_t returned = 0;
  constexpr std::size_t kEnough = 20'000;
  // Until the broker grants it nothing for a second.
  for (std::vector<proto::Grants> grants{unwilling.await<proto::Grants>()}; !grants.empty() && returned < kEnough;
       grants = unwilling.take<proto::Grants>()) {
    proto::Return back;
    for (const auto& message : grants)
      for (const auto& task : message.tasks) back.grants.push_back(task.grant);
    returned += back.grants.size();
    back.credit = returned + kWindow;
    unwilling.send(std::move(back));
    unwilling.settle();
    unwilling.settle();  // the grants of the round of the first one have come
  }
  CHECK(returned >= 4096);
  CHECK(returned < kEnough);
  FakeWorker honest{broker.ipc()};
  honest.on(kEcho, [](std::string text) { return text; });
  honest.start();
  CHECK(eventually([&] {
    proto::Return back;
    for (const auto& message : unwilling.take<proto::Grants>())
      for (const auto& task : message.tasks) back.grants.push_back(task.grant);
    if (!back.grants.empty()) {
      returned += back.grants.size();
      back.credit = returned + kWindow;
      unwilling.send(std::move(back));
    }
    return std::all_of(futures.begin(), futures.end(), [](const auto& future) { return future.ready(); });
  }));
  for (auto& future : futures) CHECK(future.get_for(60s) == "hello");
}

}  // namespace workers_test
