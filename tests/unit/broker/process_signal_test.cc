// Signals to processes: lost, repeated, heard of.
#include "tests/unit/broker/process_kit.h"

namespace forkmill::broker::test::process_signal_test {

TEST_CASE(
    "a signal goes to the worker of a running process, cancels a waiting one and leaves a finished one as it is") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(1));
  broker.submit(client, {process(1), process(2), task(3)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  CHECK(signal(broker, client, 1, 15) == "sent");
  const auto signals = broker.take<Signals>(worker);
  REQUIRE(signals.size() == 1);
  CHECK(signals[0].notes[0].grant == grants[0].grant);
  CHECK(signals[0].notes[0].signal == 15);

  CHECK(signal(broker, client, 2, 9) == "cancelled");
  const auto results = broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome.kind == OutcomeKind::cancelled);

  broker.succeed(worker, grants[0].grant);
  CHECK(signal(broker, client, 1, 15) == "finished");
  CHECK(signal(broker, client, 3, 15) == "bad_request");
  CHECK(signal(broker, client, 99, 15) == "task_unknown");
  CHECK(signal(broker, client, 1, 65) == "bad_request");
  CHECK(signal(broker, client, 1, -1) == "bad_request");
  CHECK(signal(broker, client, 1, 0) == "bad_request");
}

TEST_CASE("a signal that is asked for again in the next session is sent once") {
  Broker broker;
  auto client = broker.client();
  const auto worker = broker.connect(host(1));
  broker.submit(client, {process(1)});
  REQUIRE(broker.grants(worker).size() == 1);
  Command command{3, SendSignal{id(1).to_string(), 10}};
  broker.send(client, command);
  CHECK(broker.take<Signals>(worker).size() == 1);
  client = broker.client(client.session);
  broker.send(client, command);
  CHECK(broker.take<Reply>(client).size() == 1);
  CHECK(broker.take<Signals>(worker).empty());
  command.id = 4;
  broker.send(client, command);
  CHECK(broker.take<Signals>(worker).size() == 1);
}

TEST_CASE("a signal that was lost with the worker's connection is sent again, and one that arrived is not") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = host(1);
  auto worker = broker.connect(hello);
  broker.submit(client, {process(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  CHECK(signal(broker, client, 1, 15) == "sent");
  CHECK(signal(broker, client, 1, 9) == "sent");
  const auto sent = broker.take<Signals>(worker);
  REQUIRE(sent.size() == 2);
  hello.resume = worker.session;
  hello.worker.holding = {grant};
  hello.worker.signals_heard = sent[0].notes.at(0).number;
  worker = broker.connect(hello);
  const auto again = broker.take<Signals>(worker);
  REQUIRE(again.size() == 1);
  CHECK(again[0].notes == sent[1].notes);
  hello.resume = worker.session;
  hello.worker.signals_heard = sent[1].notes.at(0).number;
  worker = broker.connect(hello);
  CHECK(broker.take<Signals>(worker).empty());
}

TEST_CASE("signals that a worker has heard of are forgotten, and at most the last 1,024 others are kept") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(1));
  broker.submit(client, {process(1)});
  REQUIRE(broker.grants(worker).size() == 1);
  const auto unheard = [&] { return broker.core().state().workers.begin()->second->signals.unheard.size(); };
  for (int i = 0; i < 3; ++i) CHECK(signal(broker, client, 1, 10) == "sent");
  CHECK(unheard() == 3);
  broker.send(worker, Heartbeat{1, 0, 2});
  CHECK(unheard() == 1);
  for (int i = 0; i < 1100; ++i) signal(broker, client, 1, 10);
  CHECK(unheard() == 1024);
}

TEST_CASE(
    "a process that was sent a signal and comes back unstarted is cancelled, although its worker has heard of it") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = host(1);
  auto worker = broker.connect(hello);
  broker.submit(client, {process(1)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  CHECK(signal(broker, client, 1, 15) == "sent");
  SUBCASE("in this session") { broker.send(worker, Heartbeat{0, 1, 1}); }
  SUBCASE("before this session") {
    hello.resume = worker.session;
    hello.worker.holding = {grants[0].grant};
    hello.worker.signals_heard = 1;
    worker = broker.connect(hello);
  }
  broker.send(worker, Return{{grants[0].grant}, 0});
  CHECK(broker.grants(worker).empty());
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::cancelled);
}

TEST_CASE("a process that was sent a signal and comes back unstarted is cancelled") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = host(1);
  auto worker = broker.connect(hello);
  broker.submit(client, {process(1)});
  REQUIRE(broker.grants(worker).size() == 1);
  CHECK(signal(broker, client, 1, 9) == "sent");
  hello.resume = worker.session;  // the worker has never heard of the grant
  worker = broker.connect(hello);
  CHECK(broker.grants(worker).empty());
  const auto results = broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome.kind == OutcomeKind::cancelled);
}

}  // namespace forkmill::broker::test::process_signal_test
