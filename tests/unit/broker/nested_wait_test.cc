// Queues whose children wait for tasks of the same queue.
#include "tests/unit/broker/process_kit.h"

namespace forkmill::broker::test::nested_wait_test {

namespace {

// A worker with two children, in both of which tasks use a client.
struct TwoChildren {
  Broker broker;
  Broker::Peer worker = broker.connect(worker_with_two());
  Broker::Peer client = broker.client();
  Broker::Peer one = broker.connect(child_client(11));
  Broker::Peer two = broker.connect(child_client(12));
  const std::vector<Broker::Peer> all{worker, client, one, two};

  TwoChildren() { broker.send(worker, Credit{2}); }

  static Hello worker_with_two() {
    Hello hello = host(0);
    hello.worker.children = 2;
    return hello;
  }
};

}  // namespace

TEST_CASE_FIXTURE(TwoChildren,
                  "a queue whose children all wait for tasks of the same queue is reported, to them and in status") {
  broker.submit(client, {task(1), task(2)});
  const auto running = broker.grants(worker);
  REQUIRE(running.size() == 2);
  SUBCASE("both wait") {
    broker.submit(one, {task(3)});
    broker.submit(two, {task(4)});
    broker.advance_alive(5s, all);
    const auto notices = broker.take<ErrorMessage>(one);
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].text.find("every process of its workers waits") != std::string::npos);
    CHECK(broker.take<ErrorMessage>(two).size() == 1);
    CHECK(ask(broker, client, QueryKind::status).body.at("unserved").via.array.size == 1);
    broker.succeed(worker, running[0].grant);  // there is progress
    CHECK(ask(broker, client, QueryKind::status).body.at("unserved").via.array.size == 0);
  }
  SUBCASE("both wait, and the queue is gone later") {
    broker.submit(one, {task(3)});
    broker.submit(two, {task(4)});
    broker.advance_alive(5s, all);
    CHECK(broker.core().state().unserved.nested_waits.size() == 1);
    broker.take<ErrorMessage>(one);
    broker.send(client, Cancel{{id(3), id(4)}});
    for (const auto& granted : running) broker.succeed(worker, granted.grant);
    broker.send(worker, Goodbye{});
    for (const auto& peer : {client, one, two}) broker.send(peer, Goodbye{});
    broker.advance(CoreOptions{}.result_ttl + 1s);
    for (int i = 0; i < 3; ++i) broker.advance(Queues::kKept + 2s);
    CHECK(broker.core().state().unserved.nested_waits.empty());
  }
  SUBCASE("one of them does not") {
    broker.submit(one, {task(3)});
    broker.advance_alive(5s, all);
    CHECK(broker.take<ErrorMessage>(one).empty());
  }
  CHECK(broker.take<ErrorMessage>(client).empty());
}

TEST_CASE_FIXTURE(TwoChildren,
                  "a queue in which a child waits for another, and that one for a waiting task, is reported") {
  broker.submit(client, {task(1)});
  REQUIRE(broker.grants(worker).size() == 1);
  broker.submit(one, {task(2)});
  const auto second = broker.grants(worker);
  REQUIRE(second.size() == 1);
  const auto rows = [&] { return ask(broker, client, QueryKind::status).body.at("unserved").via.array.size; };
  SUBCASE("the last one waits") {
    broker.submit(two, {task(3)});
    broker.advance_alive(5s, all);
    CHECK(broker.take<ErrorMessage>(one).size() == 1);
    CHECK(broker.take<ErrorMessage>(two).size() == 1);
    CHECK(rows() == 1);
    broker.succeed(worker, second[0].grant);
  }
  SUBCASE("the last one works, and another client's task waits") {
    broker.submit(client, {task(3)});
    broker.advance_alive(5s, all);
    CHECK(broker.take<ErrorMessage>(one).empty());
  }
  CHECK(rows() == 0);
}

}  // namespace forkmill::broker::test::nested_wait_test
