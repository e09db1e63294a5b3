#include <map>
#include <numeric>
#include <vector>

#include "tests/unit/broker/broker.h"

namespace matching_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::test::id;

namespace {

// Twenty workers, each with twelve idle children and credit for as many tasks. A task like theirs ran for `run_us`.
struct IdleWorkers {
  explicit IdleWorkers(std::uint64_t run_us) {
    const auto other = broker.worker(1);
    broker.submit(client, {task(1)});
    const Grant grant = broker.grants(other).at(0).grant;
    const Outcome outcome{OutcomeKind::succeeded, {}, "", Payload::copy("result"), {}};
    broker.send(other, Outcomes{{{grant, outcome, milliseconds{-1}, run_us}}, 1});
    for (int i = 0; i < 20; ++i) workers.push_back(broker.worker(12, {"default"}, 12));
  }

  // Submits tasks. Returns how many of them each worker is granted.
  std::vector<std::size_t> grants_of(std::uint64_t tasks) {
    std::vector<Submission> submissions;
    for (std::uint64_t n = 0; n < tasks; ++n) submissions.push_back(task(2 + n));
    broker.submit(client, submissions);
    std::vector<std::size_t> granted;
    for (const auto& worker : workers) granted.push_back(broker.grants(worker).size());
    return granted;
  }

  Broker broker;
  Broker::Peer client = broker.client();
  std::vector<Broker::Peer> workers;
};

}  // namespace

TEST_CASE("a worker never gets more grants than its credit") {
  Broker broker;
  const auto client = broker.client();
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= 100; ++n) tasks.push_back(task(n));
  broker.submit(client, tasks);
  const auto worker = broker.worker(7);
  const auto grants = broker.grants(worker);
  CHECK(grants.size() == 7);
  broker.send(worker, Credit{7});  // the same total as before
  CHECK(broker.grants(worker).empty());
  broker.credit = 8;
  broker.succeed(worker, grants[0].grant);
  CHECK(broker.grants(worker).size() == 1);
  broker.send(worker, Credit{3});  // a lower total than before gives no credit
  CHECK(broker.grants(worker).empty());
}

TEST_CASE("idle children of every worker are served before any worker's prefetch") {
  Broker broker;
  const auto first = broker.worker(100, {"default"}, 2);
  const auto second = broker.worker(100, {"default"}, 2);
  const auto client = broker.client();
  broker.submit(client, {task(1), task(2), task(3), task(4)});
  CHECK(broker.grants(first).size() == 2);
  CHECK(broker.grants(second).size() == 2);
}

TEST_CASE("many tasks spread over idle workers one by one, and in runs if they are brief") {
  CHECK(IdleWorkers{500}.grants_of(160) == std::vector<std::size_t>(20, 8));
  const auto brief = IdleWorkers{5}.grants_of(160);
  CHECK(brief.front() == 12);
  CHECK(std::accumulate(brief.begin(), brief.end(), std::size_t{0}) == 160);
}

TEST_CASE("few tasks spread over idle workers one by one, also if they are brief: they may wait for each other") {
  std::vector<std::size_t> expected(16, 1);
  expected.resize(20);
  CHECK(IdleWorkers{5}.grants_of(16) == expected);
}

TEST_CASE("a worker gets only tasks that it has, if need be from behind others") {
  Broker broker;
  const auto client = broker.client();
  Submission unknown = task(1);
  unknown.edit().name = "t.unknown";
  broker.submit(client, {unknown, task(2)});
  const auto worker = broker.worker(10);
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].id == id(2));
  Hello hello = Broker::worker_hello();
  hello.worker.tasks = {{"t.unknown", "void()"}};
  const auto other = broker.connect(hello);
  broker.send(other, Credit{1});
  CHECK(broker.grants(other).at(0).id == id(1));
}

TEST_CASE("a worker gets tasks only from the queues that it serves") {
  Broker broker;
  const auto client = broker.client();
  Submission one = task(1);
  one.edit().queue = "gpu";
  broker.submit(client, {one});
  CHECK(broker.grants(broker.worker(10)).empty());
  CHECK(broker.grants(broker.worker(10, {"gpu"})).size() == 1);
}

TEST_CASE("workers that serve the same share an offer, and others do not") {
  Broker broker;
  broker.worker(1);
  broker.worker(1);
  broker.worker(1, {"default", "gpu"});
  Hello hello = Broker::worker_hello();
  hello.worker.tasks = {{"t.other", "void()"}};
  broker.connect(hello);
  std::map<const forkmill::broker::Offer*, int> workers;
  for (const auto& [handle, worker] : broker.core().state().workers) ++workers[worker->offer];
  CHECK(workers.size() == 3);
}

TEST_CASE("idle workers are not asked for tasks until one comes that they have") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  Hello hello = Broker::worker_hello();
  hello.worker.tasks = {{"t.other", "void()"}};
  const auto other = broker.connect(hello);
  broker.send(other, Credit{1});
  const auto& offers = broker.core().state().offers;
  CHECK(offers.awake().empty());
  Submission unknown = task(1);
  unknown.edit().name = "t.unknown";
  broker.submit(client, {unknown});
  CHECK(offers.awake().empty());
  Submission theirs = task(2);
  theirs.edit().name = "t.other";
  broker.submit(client, {theirs, task(3)});
  CHECK(broker.grants(other).at(0).id == id(2));
  CHECK(broker.grants(worker).at(0).id == id(3));
  theirs.id = id(4);
  broker.submit(client, {theirs});  // its worker has no credit left
  CHECK(offers.awake().empty());
  broker.credit = 2;
  broker.succeed(other, broker.core().state().tasks.find(id(2))->grant());
  CHECK(broker.grants(other).at(0).id == id(4));
}

TEST_CASE("a worker that was asked in vain gets a task that another one hands back, and one that is tried again") {
  Broker broker;
  const auto client = broker.client();
  const auto first = broker.worker(1);
  broker.submit(client, {task(1)});
  const auto granted = broker.grants(first).at(0);
  const auto second = broker.worker(2);
  CHECK(broker.grants(second).empty());
  broker.send(first, Drain{});
  broker.send(first, Return{{granted.grant}, 1});
  const auto again = broker.grants(second).at(0);
  CHECK(again.id == id(1));
  broker.fail(second, again.grant, OutcomeKind::lost);
  CHECK(broker.grants(second).at(0).id == id(1));
}

TEST_CASE("workers of one offer, and of several, take turns") {
  Broker broker;
  const auto client = broker.client();
  const std::vector<Broker::Peer> workers{broker.worker(100), broker.worker(100, {"gpu", "default"}),
                                          broker.worker(100)};
  std::map<std::uint64_t, int> granted;
  for (std::uint64_t n = 1; n <= 12; ++n) {
    broker.submit(client, {task(n)});
    for (const auto& worker : workers)
      for (const auto& grant : broker.grants(worker)) {
        ++granted[worker.id.value()];
        broker.succeed(worker, grant.grant);
      }
  }
  for (const auto& worker : workers) CHECK(granted[worker.id.value()] == 4);
}

TEST_CASE("a worker of many queues gets the tasks of all of them, whichever come") {
  Broker broker;
  const auto client = broker.client();
  std::vector<std::string> queues;
  for (int i = 0; i < 200; ++i) queues.push_back("q" + std::to_string(i));
  const auto worker = broker.worker(1000, queues);
  std::uint64_t number = 0;
  for (const int at : {199, 0, 63, 64, 65, 128, 127, 199}) {
    Submission one = task(++number);
    one.edit().queue = queues[static_cast<std::size_t>(at)];
    broker.submit(client, {one});
    const auto grants = broker.grants(worker);
    REQUIRE(grants.size() == 1);
    CHECK(grants[0].spec->queue == one.spec->queue);
  }
}

TEST_CASE("a worker that comes back with fewer queues than before gets their tasks") {
  Broker broker;
  const auto client = broker.client();
  std::vector<std::string> queues;
  for (int i = 0; i < 200; ++i) queues.push_back("q" + std::to_string(i));
  const auto worker = broker.worker(1000, queues);
  Submission one = task(1);
  one.edit().queue = "q150";
  broker.submit(client, {one});
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  Hello hello = Broker::worker_hello({"q0"});
  hello.resume = worker.session;
  const auto back = broker.connect(hello);
  broker.send(back, Credit{1000});
  Submission other = task(2);
  other.edit().queue = "q0";
  broker.submit(client, {other});
  CHECK(broker.grants(back).at(0).id == id(2));
}

TEST_CASE("workers get the tasks of a queue at its limit of running tasks as soon as one of these has ended") {
  broker::CoreOptions options;
  options.queues["default"].max_running = 1;
  Broker broker{options};
  const auto client = broker.client();
  const auto first = broker.worker(10);
  const auto second = broker.worker(10);
  broker.submit(client, {task(1), task(2)});
  const auto running = broker.grants(first);
  REQUIRE(running.size() == 1);
  CHECK(broker.grants(second).empty());
  broker.succeed(first, running[0].grant);
  CHECK(broker.grants(first).size() + broker.grants(second).size() == 1);
}

TEST_CASE("a draining worker gets no more grants") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.send(worker, Drain{});
  broker.submit(client, {task(1)});
  broker.send(worker, Credit{100});
  CHECK(broker.grants(worker).empty());
}

TEST_CASE("many grants go in messages of bounded size") {
  Broker broker;
  const auto client = broker.client();
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= 1000; ++n) tasks.push_back(task(n));
  broker.submit(client, tasks);
  const auto worker = broker.worker(1000);
  const auto messages = broker.take<Grants>(worker);
  CHECK(messages.size() == 4);
  for (const auto& message : messages) CHECK(message.tasks.size() <= limits::kBatchTasks);
}

TEST_CASE(
    "a worker that is short of processes gets no task until its pause is over, and others run what it gave back") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = Broker::worker_hello();
  hello.worker.max_processes = 4;
  const auto poor = broker.connect(hello);
  broker.send(poor, Credit{10});
  broker.submit(client, {task(1), task(2)});
  const auto grants = broker.grants(poor);
  REQUIRE(grants.size() == 2);
  Submission process = task(3);
  process.edit().options.process = true;
  broker.send(poor, Return{{grants[0].grant, grants[1].grant}, 10, 500ms, "no process is left"});
  broker.submit(client, {process, task(4)});
  CHECK(broker.grants(poor).empty());
  const auto rich = broker.worker(1);
  REQUIRE(broker.grants(rich).size() == 1);
  CHECK(broker.core().next_wakeup() <= broker.now.steady + 500ms);
  broker.advance(499ms);
  CHECK(broker.grants(poor).empty());
  broker.advance(1ms);
  const auto later = broker.grants(poor);
  CHECK(later.size() == 3);
  for (const auto& granted : later) CHECK(granted.grant.attempt == Attempt{1});  // handed back: it did not count
}

TEST_CASE("a broker whose workers all have the same tasks hands them what they do not have, too") {
  broker::CoreOptions options;
  options.grants_unknown = true;
  Broker broker{options};
  const auto client = broker.client();
  Submission unknown = task(1);
  unknown.edit().name = "t.unknown";
  Submission other_signature = task(2);
  other_signature.edit().signature = 1;
  broker.submit(client, {unknown, other_signature});
  const auto worker = broker.worker(10);
  CHECK(broker.grants(worker).size() == 2);
}

TEST_CASE("a client is told after a second that no worker takes its tasks, once") {
  Broker broker;
  const auto worker = broker.worker(10);
  const auto client = broker.client();
  Submission unknown = task(1);
  unknown.edit().name = "t.unknown";
  broker.submit(client, {unknown});
  Submission repeated = unknown;
  repeated.id = id(2);
  broker.submit(client, {repeated});
  CHECK(broker.take<ErrorMessage>(client).empty());
  broker.advance_alive(3s, {client, worker});
  const auto notices = broker.take<ErrorMessage>(client);
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].code == Errc::unknown_task);
  CHECK(notices[0].text.find("no worker has task t.unknown") != std::string::npos);
  CHECK(broker.core().next_wakeup() > broker.now.steady);
}

TEST_CASE("a client is told once of tasks that differ in their options only") {
  Broker broker;
  const auto client = broker.client();
  for (int label = 1; label <= 5; ++label) {
    Submission one = task(label);
    one.edit().options.label = "job " + std::to_string(label);
    broker.submit(client, {one});
    broker.advance_alive(2s, {client});
  }
  CHECK(broker.take<ErrorMessage>(client).size() == 1);
  Submission other = task(6);
  other.edit().name = "t.unknown";
  broker.submit(client, {other});
  broker.advance_alive(2s, {client});
  CHECK(broker.take<ErrorMessage>(client).size() == 1);
}

TEST_CASE("a client is not told of tasks that a worker takes, or has taken") {
  Broker broker;
  const auto client = broker.client();
  broker.submit(client, {task(1)});
  const auto worker = broker.worker(0);  // without credit: the task waits
  broker.advance_alive(3s, {client, worker});
  CHECK(broker.take<ErrorMessage>(client).empty());
}

}  // namespace matching_test
