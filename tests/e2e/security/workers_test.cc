// Workers that do not do what they have taken on, against a live broker.
#include <doctest/doctest.h>

#include "proto/transport/dealer.h"
#include "tests/e2e/security/besieged.h"

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

}  // namespace workers_test
