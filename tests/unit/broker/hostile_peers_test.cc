// Peers that keep to no limit but speak the protocol: what they cost the others, and what the broker does about it.
#include "tests/unit/broker/broker.h"

namespace hostile_peers_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::Deliveries;
using forkmill::broker::MemoryStore;
using forkmill::broker::QueryLine;
using forkmill::broker::Worker;
using forkmill::broker::test::id;

namespace {

Submission named(std::uint64_t n, std::string name, std::uint64_t signature = 0) {
  Submission one = task(n);
  one.edit().name = std::move(name);
  one.edit().signature = signature;
  return one;
}

}  // namespace

TEST_CASE("errors quote only the beginning of many long signatures") {
  Broker broker;
  Hello hello = Broker::worker_hello();
  for (int i = 0; i < 4000; ++i) hello.worker.tasks.push_back({"t.many", std::to_string(i) + std::string(4000, 'x')});
  const auto worker = broker.connect(hello);
  const auto client = broker.client();
  const auto rejection = broker.submit_rejected(client, named(1, "t.many", 7));
  CHECK(rejection.code == Errc::signature_mismatch);
  CHECK(rejection.text.size() < 10'000);
}

TEST_CASE("status names at most a thousand kinds of tasks that no worker takes") {
  Broker broker;
  const auto client = broker.client();
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= 3000; ++n) tasks.push_back(named(n, "t.unknown" + std::to_string(n)));
  broker.submit(client, tasks);
  broker.send(client, Query{1, QueryKind::status, "", {}});
  const auto replies = broker.take<Reply>(client);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].body.size() < 300'000);
}

TEST_CASE("tasks that no worker has do not stand in the way of others, and run when a worker comes") {
  Broker broker;
  const auto client = broker.client();
  constexpr std::uint64_t kMany = 20'000;
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= kMany; ++n) tasks.push_back(named(n, "t.unknown" + std::to_string(n)));
  broker.submit(client, tasks);
  const auto worker = broker.worker(5);
  broker.submit(client, {task(kMany + 1), task(kMany + 2)});
  CHECK(broker.grants(worker).size() == 2);
  for (const auto& [name, queue] : broker.core().state().queues) CHECK(queue->ready.size() == kMany);

  Hello late = Broker::worker_hello();
  late.name = "late";
  late.worker.tasks = {{"t.unknown7", ""}, {"t.unknown3", ""}};
  const auto other = broker.connect(late);
  broker.send(other, Credit{5});
  const auto granted = broker.grants(other);
  REQUIRE(granted.size() == 2);
  CHECK(granted[0].id == id(3));
  CHECK(granted[1].id == id(7));
  broker.send(other, Goodbye{});
  broker.submit(client, {named(kMany + 3, "t.unknown3")});
  CHECK(broker.grants(worker).empty());
}

TEST_CASE("results under way to a client are limited in bytes until it acknowledges them") {
  Broker broker;
  Hello hello;
  hello.name = "client";
  hello.window_results = 1000;
  const auto client = broker.connect(hello);
  const auto worker = broker.worker(100);
  constexpr std::size_t kLarge = 16 * 1024 * 1024;
  for (std::uint64_t n = 1; n <= 10; ++n) broker.submit(client, {task(n)});
  for (const auto& granted : broker.grants(worker)) broker.succeed(worker, granted.grant, std::string(kLarge, 'x'));
  CHECK(broker.results(client).size() == Deliveries::kMaxUnderWay / kLarge);
  broker.send(client, ResultAck{{broker.last_taken()}});
  CHECK(broker.results(client).size() == 1);
}

TEST_CASE("results without any bytes that are under way to a client are limited as well") {
  Broker broker;
  Hello hello;
  hello.name = "client";
  hello.window_results = ~std::uint32_t{0};
  const auto client = broker.connect(hello);
  const auto worker = broker.worker(2000);
  constexpr std::uint64_t kTasks = 1000;
  std::vector<Submission> tasks;
  Attach all;
  for (std::uint64_t n = 1; n <= kTasks; ++n) {
    tasks.push_back(task(n));
    all.ids.push_back(id(n));
  }
  broker.submit(client, tasks);
  for (const auto& granted : broker.grants(worker)) broker.succeed(worker, granted.grant, "");
  std::size_t sent = broker.results(client).size();
  REQUIRE(sent == kTasks);
  constexpr std::size_t kMost = Deliveries::kMaxUnderWay / Deliveries::kSentResult;
  for (std::size_t i = 0; i < kMost / kTasks + 10; ++i) {
    broker.send(client, all);
    sent += broker.results(client).size();
  }
  CHECK(sent >= kMost);
  CHECK(sent <= kMost + limits::kBatchTasks);
}

TEST_CASE("clients that wait for a task and go cost nothing, however many there were") {
  for (const bool on_disk : {false, true}) {
    CAPTURE(on_disk);
    MemoryStore store{"store", true};
    CoreOptions options;
    options.resident.tasks = 1;
    Broker broker{options, &store};
    const auto submitter = broker.client();
    broker.submit(submitter, {task(1), task(2), task(3)});
    const TaskId waits = on_disk ? id(3) : id(1);
    REQUIRE((broker.core().state().tasks.find(waits) == nullptr) == on_disk);
    for (int i = 0; i < 1000; ++i) {
      const auto client = broker.client();
      broker.send(client, Attach{{waits}});
      broker.send(client, Goodbye{});
    }
    const auto last = broker.client();
    broker.send(last, Attach{{waits}});
    const auto& state = broker.core().state();
    const auto count = [&](const auto& watchers) { return watchers.size(); };
    const std::size_t watchers =
        on_disk ? count(state.paging.watchers.begin()->second) : count(state.tasks.find(waits)->rare->watchers);
    CHECK(watchers <= 64);
    const auto worker = broker.worker(10);
    for (auto grants = broker.grants(worker); !grants.empty(); grants = broker.grants(worker))
      for (const auto& granted : grants) broker.succeed(worker, granted.grant);
    CHECK(broker.results(last).size() == 1);
  }
}

TEST_CASE("attached tasks whose results are due already are sent once") {
  Broker broker;
  Hello hello;
  hello.name = "client";
  hello.window_results = 1;
  const auto client = broker.connect(hello);
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1), task(2), task(3)});
  for (const auto& granted : broker.grants(worker)) broker.succeed(worker, granted.grant);
  broker.send(client, Attach{{id(2), id(3), id(2)}});
  std::vector<TaskId> got;
  for (auto results = broker.results(client); !results.empty(); results = broker.results(client)) {
    for (const TaskResult& one : results) got.push_back(one.id);
    broker.send(client, ResultAck{{broker.last_taken()}});
  }
  CHECK(got == std::vector{id(1), id(2), id(3)});
}

TEST_CASE("a client that ignores its window is refused further tasks until the store has its earlier ones") {
  MemoryStore store{"store", true};
  CoreOptions options;
  options.restart_grace = 0ms;
  options.window.tasks = 10;
  options.window.bytes = 1000;
  options.max_payload = 100;
  Broker broker{options, &store};
  const auto client = broker.client();
  broker.hold_commits();
  for (std::uint64_t n = 1; n <= 30; ++n) broker.submit(client, {task(n)});
  broker.release_commits();
  std::size_t refused = 0;
  for (const auto& ack : broker.take<SubmitAck>(client))
    for (const Rejection& one : ack.rejected) refused += one.code == Errc::queue_full ? 1 : 0;
  CHECK(refused == 10);
  broker.submit(client, {task(31)});
  CHECK(broker.take<SubmitAck>(client).at(0).rejected.empty());
}

TEST_CASE("all clients together are refused tasks while the store has too much to do") {
  MemoryStore store{"store", true};
  CoreOptions options;
  options.restart_grace = 0ms;
  options.total.unsafe = 90;  // ten tasks of nine bytes
  Broker broker{options, &store};
  broker.hold_commits();
  std::vector<Broker::Peer> clients;
  for (std::uint64_t n = 1; n <= 15; ++n) broker.submit(clients.emplace_back(broker.client()), {task(n)});
  broker.release_commits();
  std::size_t refused = 0;
  for (const auto& client : clients) refused += broker.take<SubmitAck>(client).at(0).rejected.size();
  CHECK(refused == 5);
}

TEST_CASE("the headers of tasks count in what the store has still to do") {
  MemoryStore store{"store", true};
  CoreOptions options;
  options.restart_grace = 0ms;
  options.total.unsafe = 9000;
  Broker broker{options, &store};
  broker.hold_commits();
  const auto client = broker.client();
  for (std::uint64_t n = 1; n <= 15; ++n) {
    TaskOptions with_header;
    with_header.headers = {{"n", std::string(1900, static_cast<char>('a' + n))}};
    broker.submit(client, {task(n, with_header)});
  }
  broker.release_commits();
  std::size_t refused = 0;
  for (const auto& ack : broker.take<SubmitAck>(client)) refused += ack.rejected.size();
  CHECK(refused == 10);
}

TEST_CASE("a worker holds a limited number of tasks, with any credit") {
  Broker broker;
  const auto client = broker.client();
  std::vector<Submission> tasks;
  constexpr std::uint64_t kMany = Worker::kMaxHeld + 100;
  for (std::uint64_t n = 1; n <= kMany; ++n) tasks.push_back(task(n));
  broker.submit(client, tasks);
  const auto worker = broker.worker(~std::uint64_t{0} >> 1);
  CHECK(broker.grants(worker).size() == Worker::kMaxHeld);
  broker.send(worker, Credit{~std::uint64_t{0}});
  CHECK(broker.grants(worker).empty());
}

TEST_CASE("a worker that hands back all that it is granted gets less and less") {
  Broker broker;
  const auto client = broker.client();
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= 100; ++n) tasks.push_back(task(n));
  broker.submit(client, tasks);
  const auto worker = broker.worker(100);
  std::uint64_t credit = 100;
  std::size_t rounds = 0;
  for (; rounds < 200; ++rounds) {
    Return back;
    for (const auto& granted : broker.grants(worker)) back.grants.push_back(granted.grant);
    if (back.grants.empty()) break;
    back.credit = credit += 100;
    broker.send(worker, back);
  }
  CHECK(rounds == 41);
  broker.advance(1s);
  CHECK(broker.grants(worker).size() == 100);
}

TEST_CASE("a worker that finishes one task of a hundred gets less and less as well; empty outcomes excuse nothing") {
  Broker broker;
  const auto client = broker.client();
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= 1000; ++n) tasks.push_back(task(n));
  broker.submit(client, tasks);
  const auto worker = broker.worker(100);
  std::uint64_t credit = 100;
  std::size_t rounds = 0;
  for (; rounds < 1000; ++rounds) {
    const auto grants = broker.grants(worker);
    if (grants.empty()) break;
    credit += 100;
    broker.send(worker, Outcomes{{}, 0});
    broker.send(worker, Outcomes{{{grants[0].grant, {OutcomeKind::succeeded, {}, "", {}, {}}, -1ms, 10}}, 0});
    Return back;
    for (std::size_t i = 1; i < grants.size(); ++i) back.grants.push_back(grants[i].grant);
    back.credit = credit;
    broker.send(worker, back);
  }
  CHECK(rounds > 100);
  CHECK(rounds < 130);
}

TEST_CASE("a flood of queries is answered one in each round, and clients take turns") {
  QueryLine line;
  const auto envelope = [](std::uint64_t n) { return Envelope{{}, Query{n, QueryKind::status, "", {}}}; };
  using forkmill::broker::ClientHandle;
  for (std::uint64_t n = 0; n < QueryLine::kMaxOfClient + 1; ++n) {
    Envelope one = envelope(n);
    CHECK(line.add(ClientHandle{1}, PeerId{1}, one) == (n < QueryLine::kMaxOfClient));
  }
  Envelope other = envelope(7);
  CHECK(line.add(ClientHandle{2}, PeerId{2}, other));
  CHECK(line.pop().first == PeerId{1});
  CHECK(line.pop().first == PeerId{2});
  for (std::uint64_t n = 1; n < QueryLine::kMaxOfClient; ++n) CHECK(line.pop().first == PeerId{1});
  CHECK(line.empty());
  CHECK(QueryLine::is_costly(Query{1, QueryKind::task, "01890a5d", {}}));
  CHECK_FALSE(QueryLine::is_costly(Query{1, QueryKind::task, id(1).to_string(), {}}));
  CHECK_FALSE(QueryLine::is_costly(Query{1, QueryKind::ping, "", {}}));
}

TEST_CASE("a connection is that of one client, however often it says HELLO for another one") {
  Broker broker;
  const auto holder = broker.client();
  const PeerId peer{900};
  Broker::Peer last;
  for (std::uint64_t instance = 1; instance <= 100; ++instance) {
    Hello hello;
    hello.name = "many";
    hello.instance = instance;
    last = broker.greet(peer, hello);
    REQUIRE(last.session);
  }
  CHECK(broker.core().state().clients.size() == 2);
  broker.submit(last, {task(1)});
  CHECK(broker.take<SubmitAck>(last).at(0).rejected.empty());
  broker.submit(holder, {task(2)});
  CHECK(broker.take<SubmitAck>(holder).at(0).rejected.empty());
}

TEST_CASE("a connection is that of one client or worker, also of one that says HELLO as both in turn") {
  Broker broker;
  const PeerId peer{900};
  const PeerId other{901};
  for (std::uint64_t instance = 1; instance <= 50; ++instance) {
    Hello hello = Broker::worker_hello();
    hello.instance = 1000 + instance;
    REQUIRE(broker.greet(peer, hello).session);
    Hello as_client;
    as_client.name = "both";
    as_client.instance = instance;
    REQUIRE(broker.greet(peer, as_client).session);
  }
  CHECK(broker.core().state().clients.size() == 1);
  CHECK(broker.core().state().workers.empty());
  for (std::uint64_t instance = 1; instance <= 50; ++instance) {  // each session moves to the other connection
    Hello hello = Broker::worker_hello();
    hello.instance = 2000 + instance;
    const auto first = broker.greet(peer, hello);
    REQUIRE(first.session);
    hello.resume = first.session;
    REQUIRE(broker.greet(other, hello).session);
  }
  CHECK(broker.core().state().clients.empty());
  CHECK(broker.core().state().workers.size() == 1);
}

TEST_CASE("a worker that says of itself that it is its own child, and has ended, is gone, and harms no other peer") {
  Broker broker;
  const auto client = broker.client();
  const auto honest = broker.worker(1);
  Hello hello = Broker::worker_hello();
  hello.instance = hello.child_of = 10;
  hello.pid = 5;
  const auto liar = broker.connect(hello);
  broker.send(liar, ChildrenGone{{5, 6, 5, 7}, {7}});
  CHECK(broker.core().state().workers.size() == 1);
  broker.submit(client, {task(1)});
  CHECK(broker.grants(honest).size() == 1);
}

TEST_CASE("a worker may say of as many processes as a message has room for that they have ended, again and again") {
  Broker broker;
  Hello hello = Broker::worker_hello();
  hello.instance = 10;
  const auto worker = broker.connect(hello);
  ChildrenGone many;
  for (std::uint32_t pid = 1; pid <= limits::kMaxRecords; ++pid) many.pids.push_back(1'000'000 + pid);
  for (std::uint32_t pid = 1; pid <= limits::kMaxRecords; ++pid) many.in_order.push_back(pid);
  for (int i = 0; i < 50; ++i) broker.send(worker, many);  // takes minutes if each process is compared with each
  Hello inside;
  inside.name = "inside";
  inside.child_of = 10;
  inside.pid = 5;
  inside.instance = 7;
  REQUIRE(broker.connect(inside).session);
  many.pids.back() = 5;
  broker.send(worker, many);
  CHECK(broker.core().state().clients.empty());
}

TEST_CASE("clients that ask for a cancel and go cost nothing, however many there were") {
  Broker broker;
  const auto submitter = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(submitter, {task(1)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  for (int i = 0; i < 100; ++i) {
    const auto client = broker.client();
    broker.send(client, Cancel{{id(1)}});
    broker.send(client, Goodbye{});
  }
  broker.send(submitter, Cancel{{id(1)}});
  broker.succeed(worker, grants[0].grant);
  const auto answers = broker.take<CancelReply>(submitter);
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].answers.at(0).state == CancelState::finished);
}

TEST_CASE("a worker that says of very many processes that they have ended hides no ended process of another one") {
  Broker broker;
  Hello honest = Broker::worker_hello();
  honest.instance = 10;
  const auto worker = broker.connect(honest);
  Hello liar = Broker::worker_hello();
  liar.instance = 20;
  const auto lying = broker.connect(liar);
  broker.send(worker, ChildrenGone{{77}, {}});
  ChildrenGone many;
  for (std::uint32_t pid = 1; pid <= limits::kMaxRecords; ++pid) many.pids.push_back(pid);
  broker.send(lying, many);
  Hello late;
  late.name = "late";
  late.instance = 5;
  late.child_of = 10;
  late.pid = 77;
  CHECK_FALSE(broker.connect(late).session);
  late.instance = 6;
  late.pid = 78;
  CHECK(broker.connect(late).session);
}

}  // namespace hostile_peers_test
