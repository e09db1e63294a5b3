// Principals: peers of another principal that know the numbers of a client or worker get nothing by them.
#include "broker/core/peers/principals.h"

#include "tests/unit/broker/broker.h"

namespace forkmill::broker::test::principals_test {

namespace {

// Principals of these tests, by connection.
constexpr std::uint64_t kAlice = 1000;
constexpr std::uint64_t kMallory = 2000;
constexpr std::uint64_t kInstance = 7;

CoreOptions with_principals() {
  CoreOptions options;
  options.principal_of = [](PeerId peer) -> std::string {
    if (peer.value() >= kMallory) return "mallory";
    return peer.value() >= kAlice ? "alice" : "";
  };
  return options;
}

Hello hello_of(std::uint64_t instance, std::uint64_t order = 1) {
  Hello hello;
  hello.name = "client";
  hello.instance = instance;
  hello.order = order;
  return hello;
}

Hello worker_of(std::uint64_t instance, std::vector<std::string> queues = {"default"}) {
  Hello hello = Broker::worker_hello(std::move(queues));
  hello.instance = instance;
  hello.order = 1;
  return hello;
}

constexpr std::uint64_t kLastOrder = ~std::uint64_t{0};

}  // namespace

TEST_CASE("tasks belong to the principal of their client, also if tasks of others have the same spec") {
  Broker broker{with_principals()};
  const auto owner = broker.greet(PeerId{1}, hello_of(3));
  const auto alice = broker.greet(PeerId{kAlice}, hello_of(kInstance));
  const auto mallory = broker.greet(PeerId{kMallory}, hello_of(kInstance));
  const Submission first = task(1);
  std::uint64_t number = 0;
  const auto principal_of_next = [&](const Broker::Peer& client) {
    Submission next = task(++number);
    next.spec = first.spec;  // as the codec lets equal specs be one
    broker.submit(client, {next});
    return broker.core().state().tasks.find(id(number))->spec->principal;
  };
  for (int round = 0; round < 2; ++round) {
    CHECK(principal_of_next(owner).empty());
    CHECK(principal_of_next(alice) == "alice");
    CHECK(principal_of_next(mallory) == "mallory");
  }
}

TEST_CASE("a client's session, results and order stay its own when another principal names its numbers") {
  Broker broker{with_principals()};
  const auto alice = broker.greet(PeerId{kAlice}, hello_of(kInstance));
  const auto worker = broker.worker(1);
  broker.submit(alice, {task(1)});
  Hello forged = hello_of(kInstance, kLastOrder);
  forged.resume = alice.session;
  const auto mallory = broker.greet(PeerId{kMallory}, forged);
  REQUIRE(mallory.session);
  CHECK_FALSE(mallory.welcome.resumed);
  CHECK_FALSE(mallory.welcome.kept);
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  CHECK(broker.results(mallory).empty());
  CHECK(broker.results(alice).size() == 1);
  broker.send(mallory, Goodbye{});
  CHECK(broker.core().state().clients.size() == 1);

  Hello again = hello_of(kInstance, 2);
  again.resume = alice.session;
  const auto back = broker.greet(PeerId{kAlice + 1}, again);
  CHECK(back.welcome.resumed);
  CHECK(broker.results(back).size() == 1);
}

TEST_CASE("all connections of one principal name the same clients") {
  Broker broker{with_principals()};
  const auto first = broker.greet(PeerId{kAlice}, hello_of(kInstance));
  broker.submit(first, {task(1)});
  const auto second = broker.greet(PeerId{kAlice + 1}, hello_of(kInstance, 2));
  REQUIRE(second.session);
  CHECK(second.welcome.kept == false);
  CHECK(broker.core().state().clients.size() == 1);
}

TEST_CASE("a worker's session and grants stay its own when another principal names its numbers") {
  Broker broker{with_principals()};
  const auto client = broker.client();
  const auto worker = broker.greet(PeerId{kAlice}, worker_of(kInstance));
  broker.send(worker, Credit{1});
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;

  Hello forged = worker_of(kInstance);
  forged.order = kLastOrder;
  forged.resume = worker.session;
  forged.worker.holding = {grant};
  const auto mallory = broker.greet(PeerId{kMallory}, forged);
  CHECK_FALSE(mallory.welcome.resumed);
  CHECK(mallory.welcome.abandon == std::vector<Grant>{grant});
  broker.succeed(mallory, grant, "forged");
  CHECK(broker.results(client).empty());
  broker.succeed(worker, grant, "honest");
  const auto results = broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome.value.view() == "honest");
}

TEST_CASE("a worker ends clients of its own principal only") {
  Broker broker{with_principals()};
  const auto worker = broker.greet(PeerId{kAlice}, worker_of(kInstance));
  Hello inside = hello_of(8);
  inside.child_of = kInstance;
  inside.pid = 50;
  broker.greet(PeerId{kAlice + 1}, inside);
  const auto mallory = broker.greet(PeerId{kMallory}, worker_of(kInstance));
  broker.send(mallory, ChildrenGone{{50}});
  CHECK(broker.core().state().clients.size() == 1);
  broker.send(worker, ChildrenGone{{50}});
  CHECK(broker.core().state().clients.empty());
}

TEST_CASE("after a restart, stored tasks are their submitter's, and not those of a principal that names its instance") {
  MemoryStore store{"s", true};
  Broker broker{with_principals(), &store};
  const auto alice = broker.greet(PeerId{kAlice}, hello_of(kInstance));
  broker.submit(alice, {task(1)});
  broker.restart();
  const auto mallory = broker.greet(PeerId{kMallory + 1}, hello_of(kInstance, kLastOrder));
  const auto back = broker.greet(PeerId{kAlice + 1}, hello_of(kInstance, 2));
  const auto worker = broker.worker(1);
  broker.advance(2s);
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  CHECK(broker.results(mallory).empty());
  CHECK(broker.results(back).size() == 1);
}

TEST_CASE("after a restart, a worker keeps no grant of a task that it could not have been granted") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  for (const bool by_queue : {true, false}) {
    CAPTURE(by_queue);
    broker.restart();
    Hello hello = worker_of(kInstance, {by_queue ? "other" : "default"});
    if (!by_queue) hello.worker.tasks = {{"t.other", "str(str)"}};
    hello.worker.holding = {grant};
    hello.worker.holding_store = "s";
    CHECK(broker.connect(hello).welcome.abandon == std::vector<Grant>{grant});
  }
}

TEST_CASE("the number of an instance belongs to its principal") {
  CHECK(number_of_instance("", kInstance) == kInstance);
  CHECK(number_of_instance("alice", 0) == 0);
  CHECK(number_of_instance("alice", kInstance) == 0x01D37D1EC00C71E9ULL);  // stored: it must not change
  CHECK(number_of_instance("alice", kInstance) != number_of_instance("mallory", kInstance));
  CHECK(number_of_instance("alice", kInstance) != number_of_instance("alice", kInstance + 1));
}

}  // namespace forkmill::broker::test::principals_test
