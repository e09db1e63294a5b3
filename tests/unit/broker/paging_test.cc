// Tasks that are left on disk when memory is short, and their way back to memory. The limits of memory are tiny here.
#include <unordered_set>

#include "tests/unit/broker/broker.h"

namespace paging_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;
using forkmill::broker::test::id;

namespace {

CoreOptions tiny() {
  CoreOptions options;
  options.resident.tasks = 4;
  options.resident.page = 2;
  options.resident.scheduled = 2;
  options.resident.results = 2;
  return options;
}

struct Paged {
  MemoryStore store{"s", true};
  Broker broker;
  Broker::Peer client;

  explicit Paged(CoreOptions options = tiny()) : broker{std::move(options), &store}, client{broker.client()} {}

  void submit(std::uint64_t first, std::uint64_t last, const TaskOptions& options = {}) {
    for (std::uint64_t n = first; n <= last; ++n) broker.submit(client, {task(n, options)});
  }
  std::size_t resident() { return broker.core().state().tasks.resident(); }
  std::size_t paged_out() { return broker.core().state().tasks.paged_out(); }
  // Returns the tasks in the order of their grants to a worker that finishes each one at once.
  std::vector<TaskId> work_off(const Broker::Peer& worker) {
    std::vector<TaskId> order;
    for (auto grants = broker.grants(worker); !grants.empty(); grants = broker.grants(worker))
      for (const auto& granted : grants) {
        order.push_back(granted.id);
        broker.succeed(worker, granted.grant);
      }
    return order;
  }
};

std::vector<TaskId> ids(std::uint64_t first, std::uint64_t last) {
  std::vector<TaskId> all;
  for (std::uint64_t n = first; n <= last; ++n) all.push_back(id(n));
  return all;
}

}  // namespace

TEST_CASE("a long queue is on disk but for its beginning, and is granted in order") {
  Paged paged;
  paged.submit(1, 50);
  CHECK(paged.resident() == 4);
  CHECK(paged.paged_out() == 46);
  const auto worker = paged.broker.worker(1);
  paged.broker.credit = 1000;
  CHECK(paged.work_off(worker) == ids(1, 50));
  CHECK(paged.broker.results(paged.client).size() == 50);
}

TEST_CASE("large arguments count in the memory of a queue") {
  CoreOptions options;
  options.resident.bytes = 10'000;
  Paged paged{options};
  for (std::uint64_t n = 1; n <= 10; ++n) {
    Submission one = task(n);
    one.payload = Payload::own(std::string(4000, 'x'));
    paged.broker.submit(paged.client, {one});
  }
  CHECK(paged.resident() == 3);
  CHECK(paged.work_off(paged.broker.worker(1)) == ids(1, 10));
}

TEST_CASE("higher priorities and other clients do not wait for tasks on disk") {
  Paged paged;
  paged.submit(1, 20);
  TaskOptions urgent;
  urgent.priority = 5;
  paged.submit(21, 30, urgent);
  const auto other = paged.broker.client();
  paged.broker.submit(other, {task(40), task(41)});
  const auto order = paged.work_off(paged.broker.worker(1));
  REQUIRE(order.size() == 32);
  CHECK(std::vector<TaskId>(order.begin(), order.begin() + 10) == ids(21, 30));
  CHECK((order[10] == id(40) || order[11] == id(40)));
}

TEST_CASE("tasks that are not durable stay in memory, and keep their place in line") {
  Paged paged;
  paged.submit(1, 10);
  TaskOptions in_memory;
  in_memory.durability = Durability::memory;
  paged.submit(11, 15, in_memory);
  paged.submit(16, 20);
  CHECK(paged.resident() == 4 + 5);
  CHECK(paged.work_off(paged.broker.worker(1)) == ids(1, 20));
}

TEST_CASE("cancel, query and a repeated submission find a task on disk, and leave it there when it still waits") {
  Paged paged;
  paged.submit(1, 20);
  const std::size_t paged_out = paged.paged_out();
  paged.broker.send(paged.client, Query{1, QueryKind::task, id(15).to_string()});
  CHECK(paged.broker.take<Reply>(paged.client).at(0).code == Errc::ok);
  CHECK(paged.paged_out() == paged_out);
  paged.broker.take<SubmitAck>(paged.client);
  paged.broker.submit(paged.client, {task(16)});
  CHECK(paged.broker.take<SubmitAck>(paged.client).at(0).rejected.empty());
  Submission other = task(16);
  other.payload = Payload::copy("other arguments");
  CHECK(paged.broker.submit_rejected(paged.client, other).code == Errc::duplicate_task);
  CHECK(paged.paged_out() == paged_out);
  paged.broker.send(paged.client, Cancel{{id(17)}});
  CHECK(paged.broker.take<CancelReply>(paged.client).at(0).answers.at(0).state == CancelState::cancelled);
  CHECK(paged.broker.results(paged.client).at(0).outcome.kind == OutcomeKind::cancelled);
  auto expected = ids(1, 20);
  std::erase(expected, id(17));
  CHECK(paged.work_off(paged.broker.worker(1)) == expected);
}

TEST_CASE("a task on disk is found by a cancel of tasks that have not started, and does not run") {
  Paged paged;
  paged.submit(1, 20);
  paged.broker.send(paged.client, Cancel{{}, {id(18), id(19)}});
  const auto reply = paged.broker.take<CancelReply>(paged.client).at(0);
  REQUIRE(reply.answers.size() == 2);
  for (const auto& answer : reply.answers) CHECK(answer.state == CancelState::cancelled);
  auto expected = ids(1, 20);
  std::erase(expected, id(18));
  std::erase(expected, id(19));
  CHECK(paged.work_off(paged.broker.worker(1)) == expected);
}

TEST_CASE("a message may name a task twice although the task goes to disk at once") {
  Paged paged;
  paged.submit(1, 20);
  Submission other = task(21);
  other.payload = Payload::copy("other arguments");
  paged.broker.take<SubmitAck>(paged.client);
  paged.broker.submit(paged.client, {task(21), task(22), task(21), other});
  const auto ack = paged.broker.take<SubmitAck>(paged.client).at(0);
  REQUIRE(ack.rejected.size() == 1);
  CHECK(ack.rejected[0].id == id(21));
  CHECK(ack.rejected[0].code == Errc::duplicate_task);
  TaskOptions later;
  later.delay = 10min;
  paged.submit(31, 33, later);
  paged.broker.submit(paged.client, {task(34, later), task(34, later)});
  CHECK(paged.broker.take<SubmitAck>(paged.client).back().rejected.empty());
  CHECK(paged.work_off(paged.broker.worker(1)) == ids(1, 22));
}

TEST_CASE("a queue whose tasks in memory are all cancelled goes on with those on disk") {
  Paged paged;
  paged.submit(1, 12);
  paged.broker.send(paged.client, Cancel{ids(1, 4)});
  CHECK(paged.work_off(paged.broker.worker(1)) == ids(5, 12));
}

TEST_CASE("messages of one client are handled in their order while one waits for the disk") {
  Paged paged;
  paged.submit(1, 10);
  paged.broker.hold_commits();
  paged.broker.send(paged.client, Cancel{{id(9)}});  // the task has to be fetched from disk
  paged.broker.send(paged.client, Query{7, QueryKind::ping, ""});
  CHECK(paged.broker.take<Reply>(paged.client).empty());
  paged.broker.release_commits();
  CHECK(paged.broker.take<CancelReply>(paged.client).size() == 1);
  CHECK(paged.broker.take<Reply>(paged.client).size() == 1);
}

TEST_CASE("tasks that are due much later are left on disk, and start in time") {
  Paged paged;
  TaskOptions later;
  later.delay = 10min;
  paged.submit(1, 10, later);
  CHECK(paged.resident() <= 3);
  const auto worker = paged.broker.worker(100);
  paged.broker.advance_alive(9min + 58s, {paged.client, worker});
  CHECK(paged.broker.grants(worker).empty());
  std::unordered_set<TaskId> started;
  for (int second = 0; second < 4; ++second) {
    paged.broker.advance_alive(1s, {paged.client, worker});
    for (const auto& granted : paged.broker.grants(worker)) {
      started.insert(granted.id);
      paged.broker.succeed(worker, granted.grant);
    }
  }
  CHECK(started.size() == 10);
}

TEST_CASE("tasks on disk expire at their deadlines") {
  Paged paged;
  TaskOptions brief;
  brief.expires = 1min;
  paged.submit(1, 5);
  paged.submit(6, 20, brief);
  paged.broker.advance_alive(61s, {paged.client});
  std::size_t expired = 0;
  for (const auto& result : paged.broker.results(paged.client)) expired += result.outcome.kind == OutcomeKind::expired;
  CHECK(expired == 15);
}

TEST_CASE("unfetched results are paged out, found by clients that attach, and dropped in time") {
  Paged paged;
  paged.submit(1, 10);
  const auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  paged.work_off(worker);
  CHECK(paged.resident() <= 2);
  CHECK(paged.paged_out() >= 8);
  const auto late = paged.broker.client();
  paged.broker.send(late, Attach{ids(1, 10)});
  CHECK(paged.broker.results(late).size() == 10);
  paged.broker.send(late, Goodbye{});
  paged.broker.advance_alive(11min, {paged.broker.client()});
  CHECK(paged.resident() + paged.paged_out() == 0);
}

TEST_CASE("a client that attaches many large results is sent them in parts, which are not in memory all at once") {
  constexpr std::uint64_t kTasks = 40;
  // Results of one answer of the store, results under way, results that may stay, those of the last acknowledgement,
  // and a task.
  constexpr std::size_t kInMemory = 8 + 2 + 2 + 2 + 1;
  CoreOptions options = tiny();
  options.kept_results = 1;
  Paged paged{options};
  paged.submit(1, kTasks);
  const auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  for (auto grants = paged.broker.grants(worker); !grants.empty(); grants = paged.broker.grants(worker))
    for (const auto& granted : grants) paged.broker.succeed(worker, granted.grant, std::string(1024 * 1024, 'x'));
  REQUIRE(paged.paged_out() + paged.resident() == kTasks);
  Hello hello;
  hello.name = "late";
  hello.window_results = 2;
  const auto late = paged.broker.connect(hello);
  paged.broker.send(late, Attach{ids(1, 30)});
  paged.broker.send(late, Attach{ids(31, kTasks)});
  // A message that comes later does not wait until the client has been sent all results.
  paged.broker.submit(late, {task(100)});
  CHECK(paged.broker.take<SubmitAck>(late).size() == 1);
  std::unordered_set<TaskId> received;
  for (std::size_t round = 0; received.size() < kTasks; ++round) {
    REQUIRE(round < 2 * kTasks);
    CHECK(paged.resident() <= kInMemory);
    const auto results = paged.broker.results(late);
    for (const auto& result : results) CHECK(received.insert(result.id).second);
    if (!results.empty()) paged.broker.send(late, ResultAck{{paged.broker.last_taken()}});
    while (paged.broker.core().next_wakeup() <= paged.broker.now.steady) paged.broker.advance(0s);
  }
  CHECK(paged.broker.results(late).empty());
}

TEST_CASE("results that a client attaches do not end before it has been sent them, however slowly it reads") {
  constexpr std::uint64_t kTasks = 40;
  Paged paged;
  paged.submit(1, kTasks);
  auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  for (auto grants = paged.broker.grants(worker); !grants.empty(); grants = paged.broker.grants(worker))
    for (const auto& granted : grants) paged.broker.succeed(worker, granted.grant, std::string(1024 * 1024, 'x'));
  REQUIRE(paged.paged_out() + paged.resident() == kTasks);
  SUBCASE("of this run of the broker") {}
  SUBCASE("whose time was over when the broker was started again") {
    paged.broker.now.steady += 24h;
    paged.broker.now.unix_time += 24h;
    paged.broker.restart();
    worker = paged.broker.worker(1);
  }
  Hello hello;
  hello.name = "slow";
  hello.window_results = 2;
  const auto slow = paged.broker.connect(hello);
  paged.broker.send(slow, Attach{ids(1, kTasks / 2)});
  paged.broker.send(slow, Attach{ids(kTasks / 2 + 1, kTasks)});
  paged.broker.advance_alive(11min, {slow, worker});
  CHECK(paged.paged_out() > kTasks / 2);
  std::unordered_set<TaskId> received;
  for (std::size_t round = 0; received.size() < kTasks; ++round) {
    REQUIRE(round < 2 * kTasks);
    for (const auto& result : paged.broker.results(slow)) {
      CHECK(result.outcome.kind == OutcomeKind::succeeded);
      CHECK(received.insert(result.id).second);
    }
    paged.broker.send(slow, ResultAck{{paged.broker.last_taken()}});
    while (paged.broker.core().next_wakeup() <= paged.broker.now.steady) paged.broker.advance(0s);
  }
  CHECK(paged.broker.core().state().paging.held.empty());
  paged.broker.send(slow, Goodbye{});
  paged.broker.advance_alive(13min, {worker});
  CHECK(paged.resident() + paged.paged_out() == 0);
}

TEST_CASE("results that a client attaches end in time once the client has gone, or has attached too many") {
  constexpr std::uint64_t kTasks = 40;
  CoreOptions options = tiny();
  bool goes = false;
  SUBCASE("gone") { goes = true; }
  SUBCASE("too many") { options.resident.attaching = 20; }
  Paged paged{options};
  paged.submit(1, kTasks);
  const auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  for (auto grants = paged.broker.grants(worker); !grants.empty(); grants = paged.broker.grants(worker))
    for (const auto& granted : grants) paged.broker.succeed(worker, granted.grant, std::string(1024 * 1024, 'x'));
  Hello hello;
  hello.name = "late";
  hello.window_results = 2;
  const auto late = paged.broker.connect(hello);
  Attach twice{ids(1, kTasks)};
  twice.ids.insert(twice.ids.end(), twice.ids.begin(), twice.ids.begin() + kTasks);  // counts once
  paged.broker.send(late, twice);
  std::size_t attaching = 0;
  for (const auto& [handle, client] : paged.broker.core().state().clients) attaching += client->attaching.rest.size();
  CHECK((attaching > 0) == goes);
  CHECK(attaching <= kTasks);
  CHECK(paged.broker.core().state().paging.held.size() == attaching);
  if (goes) paged.broker.send(late, Goodbye{});
  CHECK(paged.broker.core().state().paging.held.empty());
  paged.broker.advance_alive(13min, {worker});  // a client that is cut off falls silent
  paged.broker.advance_alive(13min, {worker});
  CHECK(paged.resident() + paged.paged_out() == 0);
}

TEST_CASE("many messages that have waited for the disk are handled in several rounds, in order, before later ones") {
  constexpr std::size_t kMessages = 100;
  Paged paged;
  paged.submit(1, 20);
  paged.broker.take<SubmitAck>(paged.client);
  paged.broker.hold_commits();
  paged.broker.send(paged.client, Cancel{{id(15)}});  // the later messages wait behind this one
  std::vector<MessageSeq> sent;
  for (std::size_t i = 0; i < kMessages; ++i) sent.push_back(paged.broker.send(paged.client, Submit{{task(100 + i)}}));
  std::vector<MessageSeq> acknowledged;
  const auto take = [&] {
    for (const auto& ack : paged.broker.take<SubmitAck>(paged.client))
      acknowledged.insert(acknowledged.end(), ack.messages.begin(), ack.messages.end());
  };
  paged.broker.release_commits();
  take();
  CHECK(acknowledged.size() < kMessages);
  sent.push_back(paged.broker.send(paged.client, Submit{{task(100 + kMessages)}}));
  take();
  CHECK(acknowledged.size() < kMessages);
  for (std::size_t round = 0; paged.broker.core().next_wakeup() <= paged.broker.now.steady; ++round) {
    REQUIRE(round < kMessages);
    paged.broker.advance(0s);
  }
  take();
  CHECK(acknowledged == sent);
}

TEST_CASE("results that keep coming to a client do not hold up those on disk that it attaches") {
  constexpr std::uint64_t kTasks = 20;
  Paged paged;
  paged.submit(1, kTasks);
  const auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  for (auto grants = paged.broker.grants(worker); !grants.empty(); grants = paged.broker.grants(worker))
    for (const auto& granted : grants) paged.broker.succeed(worker, granted.grant, std::string(1024 * 1024, 'x'));
  Hello hello;
  hello.name = "busy";
  hello.window_results = 1;
  const auto busy = paged.broker.connect(hello);
  paged.broker.send(busy, Attach{ids(1, kTasks)});
  std::unordered_set<TaskId> attached;
  for (std::uint64_t round = 0; attached.size() < kTasks; ++round) {
    REQUIRE(round < 20 * kTasks);
    paged.broker.submit(busy, {task(1000 + round)});  // another result comes for each one that is sent
    for (const auto& granted : paged.broker.grants(worker)) paged.broker.succeed(worker, granted.grant, "small");
    const auto results = paged.broker.results(busy);
    for (const auto& result : results)
      if (result.outcome.value.size() > 10) CHECK(attached.insert(result.id).second);
    if (!results.empty()) paged.broker.send(busy, ResultAck{{paged.broker.last_taken()}});
    while (paged.broker.core().next_wakeup() <= paged.broker.now.steady) paged.broker.advance(0s);
  }
}

TEST_CASE("a client that comes back attaches again, and is sent all results, twice only those that were under way") {
  Paged paged;
  paged.submit(1, 20);
  const auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  for (auto grants = paged.broker.grants(worker); !grants.empty(); grants = paged.broker.grants(worker))
    for (const auto& granted : grants) paged.broker.succeed(worker, granted.grant, std::string(1024 * 1024, 'x'));
  Hello hello;
  hello.name = "late";
  hello.window_results = 4;
  hello.instance = 77;
  auto late = paged.broker.connect(hello);
  paged.broker.send(late, Attach{ids(1, 20)});
  const auto before = paged.broker.results(late);
  REQUIRE(before.size() == 4);  // not acknowledged
  hello.resume = {late.session};
  late = paged.broker.connect(hello);
  paged.broker.send(late, Attach{ids(1, 20)});
  std::unordered_set<TaskId> received;
  std::size_t sent = 0;
  for (std::size_t round = 0; received.size() < 20; ++round) {
    REQUIRE(round < 40);
    const auto results = paged.broker.results(late);
    for (const auto& result : results) received.insert(result.id);
    sent += results.size();
    if (!results.empty()) paged.broker.send(late, ResultAck{{paged.broker.last_taken()}});
    while (paged.broker.core().next_wakeup() <= paged.broker.now.steady) paged.broker.advance(0s);
  }
  CHECK(sent <= 20 + before.size());
}

TEST_CASE("results that cannot be paged out are in no other result's way") {
  Paged paged;
  TaskOptions of_first;
  TaskOptions of_others;
  bool bounded = false;
  SUBCASE("in memory only") { of_first.durability = Durability::memory; }
  SUBCASE("with times of their own, in memory only") {
    of_first.durability = Durability::memory;
    of_first.result_ttl = of_others.result_ttl = 1h;
  }
  SUBCASE("over soon") {
    of_first.result_ttl = 5s;
    of_others.result_ttl = 1h;
    bounded = true;
  }
  paged.submit(1, 3, of_first);
  paged.submit(4, 20, of_others);
  const auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  paged.work_off(worker);
  CHECK(paged.resident() == 3 + 2);
  CHECK(paged.paged_out() == 15);
  paged.broker.advance_alive(6s, {worker});
  CHECK(paged.resident() == (bounded ? 2 : 5));
  paged.broker.advance_alive(2h, {worker});
  CHECK(paged.resident() + paged.paged_out() == 0);
}

TEST_CASE("results that came back from the disk for a question go there again") {
  Paged paged;
  paged.submit(1, 20);
  const auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  paged.work_off(worker);
  const auto client = paged.broker.client();
  for (const TaskId& one : ids(1, 20)) {
    paged.broker.send(client, Query{1, QueryKind::task, one.to_string()});
    CHECK(paged.broker.take<Reply>(client).at(0).code == Errc::ok);
  }
  CHECK(paged.resident() == 2);
}

TEST_CASE("all tasks are on disk after a restart, in order, and belong to their submitters") {
  Paged paged;
  Hello hello;
  hello.name = "client";
  hello.instance = 4711;
  paged.client = paged.broker.connect(hello);
  paged.submit(1, 30);
  paged.broker.restart();
  CHECK(paged.paged_out() == 30);
  const auto back = paged.broker.connect(hello);
  const auto worker = paged.broker.worker(1);
  paged.broker.advance_alive(1s, {back, worker});
  CHECK(paged.work_off(worker) == ids(1, 30));
  CHECK(paged.broker.results(back).size() == 30);  // the client has not attached
}

TEST_CASE("tasks that ran when the broker ended go on in their workers, whether in memory or on disk") {
  Paged paged;
  paged.submit(1, 20);
  Hello worker_hello = Broker::worker_hello();
  const auto worker = paged.broker.connect(worker_hello);
  paged.broker.send(worker, Credit{2});
  const auto held = paged.broker.grants(worker);
  REQUIRE(held.size() == 2);
  paged.broker.restart();
  worker_hello.worker.holding = {held[0].grant, held[1].grant, {Epoch{1}, TaskSeq{9}, Attempt{2}}};
  worker_hello.worker.holding_store = "s";
  const auto back = paged.broker.connect(worker_hello);
  // The third grant has attempt 2, which the task has never had.
  CHECK(back.welcome.abandon == std::vector<Grant>{{Epoch{1}, TaskSeq{9}, Attempt{2}}});
  const auto other = paged.broker.worker(100);
  paged.broker.advance_alive(1s, {back, other});
  const auto granted = paged.broker.grants(other);
  REQUIRE_FALSE(granted.empty());
  CHECK(granted[0].id == id(3));
  const auto client = paged.broker.client();
  paged.broker.send(client, Attach{{id(1)}});
  paged.broker.succeed(back, held[0].grant, "from before");
  CHECK(paged.broker.results(client).at(0).outcome.value.view() == "from before");
  // The outcome is fenced off: another worker has the task now, and the grant is of an earlier epoch.
  paged.broker.succeed(back, {Epoch{1}, granted[0].grant.seq, granted[0].grant.attempt}, "wrong");
  CHECK(paged.broker.results(client).empty());
}

TEST_CASE("tasks that a worker claims and cannot have are not in memory all at once") {
  constexpr std::uint64_t kTasks = 40;
  MemoryStore store{"s", true};
  {
    Broker broker{tiny(), &store};
    const auto client = broker.client();
    for (std::uint64_t n = 1; n <= kTasks; ++n) {
      Submission one = task(n);
      one.payload = Payload::own(std::string(1024 * 1024, 'x'));
      broker.submit(client, {one});
    }
  }
  const auto opened = store.open().value();
  const Now now{1h, 1'700'000'000'000ms};
  forkmill::broker::Core core{tiny(), {opened.id, opened.epoch, opened.last, true, "test", {}, opened.last_seq}, now};
  REQUIRE(store.load([&](const forkmill::broker::TaskSummary& one) { core.recover(one); }).ok());
  core.finish_recovery();
  Hello hello = Broker::worker_hello();
  hello.worker.holding_store = opened.id;
  SUBCASE("of a queue that it does not serve") { hello.worker.queues = {"other"}; }
  SUBCASE("with another attempt than the next one") {}
  const Attempt attempt{hello.worker.queues[0] == "other" ? 1U : 2U};
  for (std::uint64_t n = 1; n <= kTasks; ++n) hello.worker.holding.push_back({Epoch{1}, TaskSeq{n}, attempt});
  core.handle(now, PeerId{1}, Envelope{{}, hello}, SessionId{7});
  std::size_t most = 0;
  std::size_t abandoned = 0;
  for (bool goes_on = true; goes_on;) {
    core.flush(now);
    const auto effects = core.take_effects();
    for (const auto& send : effects.sends)
      if (const auto* welcome = std::get_if<Welcome>(&send.envelope.message)) abandoned = welcome->abandon.size();
    for (const auto& request : effects.requests) {
      core.handle(now, serve(store, request).value());
      most = std::max(most, core.state().tasks.resident());
    }
    goes_on = !effects.requests.empty();
  }
  CHECK(abandoned == kTasks);
  CHECK(most <= 6);
}

TEST_CASE("a worker abandons a task that has ended since the restart, whether or not its result was fetched") {
  for (const bool is_fetched : {true, false}) {
    CAPTURE(is_fetched);
    Paged paged;
    paged.submit(1, 3);
    Hello worker_hello = Broker::worker_hello();
    const auto worker = paged.broker.connect(worker_hello);
    paged.broker.send(worker, Credit{1});
    const auto held = paged.broker.grants(worker);
    REQUIRE(held.size() == 1);
    paged.broker.restart();
    const auto client = paged.broker.client();
    paged.broker.send(client, Attach{{held[0].id}});
    paged.broker.send(client, Cancel{{held[0].id}});
    REQUIRE(paged.broker.results(client).size() == 1);
    // A result that was fetched counts no longer for its queue.
    if (is_fetched) paged.broker.send(client, ResultAck{{paged.broker.last_taken()}});
    worker_hello.worker.holding = {held[0].grant};
    worker_hello.worker.holding_store = "s";
    CHECK(paged.broker.connect(worker_hello).welcome.abandon == std::vector<Grant>{held[0].grant});
  }
}

TEST_CASE("a worker abandons the grants of another store") {
  Paged paged;
  paged.submit(1, 3);
  Hello hello = Broker::worker_hello();
  const auto worker = paged.broker.connect(hello);
  paged.broker.send(worker, Credit{1});
  const auto held = paged.broker.grants(worker).at(0).grant;
  paged.broker.restart();
  hello.worker.holding = {held};
  hello.worker.holding_store = "another";
  CHECK(paged.broker.connect(hello).welcome.abandon == std::vector<Grant>{held});
}

TEST_CASE("a worker does not come back with a task that was submitted since the start of the broker") {
  Paged paged;
  paged.broker.restart();
  const auto client = paged.broker.client();
  paged.broker.submit(client, {task(1)});
  const auto* fresh = paged.broker.core().state().tasks.find(id(1));
  REQUIRE(fresh != nullptr);
  const Grant forged{Epoch{1}, fresh->seq, Attempt{1}};
  Hello hello = Broker::worker_hello();
  hello.worker.holding = {forged};
  hello.worker.holding_store = "s";
  CHECK(paged.broker.connect(hello).welcome.abandon == std::vector<Grant>{forged});
}

TEST_CASE("a task number that was granted before a restart and never stored is not given to another task") {
  Paged paged;
  Hello hello = Broker::worker_hello();
  const auto worker = paged.broker.connect(hello);
  paged.broker.send(worker, Credit{1});
  paged.broker.hold_commits();
  paged.submit(1, 1);
  const auto held = paged.broker.grants(worker).at(0).grant;
  paged.broker.restart();
  paged.broker.release_commits();
  const auto client = paged.broker.client();
  paged.broker.submit(client, {task(2)});
  hello.worker.holding = {held};
  hello.worker.holding_store = "s";
  CHECK(paged.broker.connect(hello).welcome.abandon == std::vector<Grant>{held});
}

TEST_CASE("an at-most-once task is granted after the commit, and lost by a restart unless its worker returns with it") {
  Paged paged;
  TaskOptions once;
  once.at_most_once = true;
  paged.submit(1, 2, once);
  Hello hello = Broker::worker_hello();
  const auto worker = paged.broker.connect(hello);
  paged.broker.hold_commits();
  paged.broker.send(worker, Credit{2});
  CHECK(paged.broker.grants(worker).empty());
  paged.broker.release_commits();
  const auto held = paged.broker.grants(worker);
  REQUIRE(held.size() == 2);
  paged.broker.restart();
  hello.worker.holding = {held[0].grant};
  hello.worker.holding_store = "s";
  const auto back = paged.broker.connect(hello);
  const auto client = paged.broker.client();
  paged.broker.send(client, Attach{ids(1, 2)});
  paged.broker.advance_alive(2s, {back, client});
  const auto results = paged.broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].id == id(2));
  CHECK(results[0].outcome.kind == OutcomeKind::lost);
  paged.broker.send(back, Credit{10});
  CHECK(paged.broker.grants(back).empty());
  paged.broker.succeed(back, held[0].grant);
  CHECK(paged.broker.results(client).at(0).outcome.kind == OutcomeKind::succeeded);
}

TEST_CASE("an at-most-once task is lost with its worker, but not when the worker returns it unstarted") {
  Paged paged;
  TaskOptions once;
  once.at_most_once = true;
  paged.submit(1, 2, once);
  const auto worker = paged.broker.worker(2);
  const auto held = paged.broker.grants(worker);
  REQUIRE(held.size() == 2);
  paged.broker.send(worker, Return{{held[0].grant}, 3});
  CHECK(paged.broker.grants(worker).at(0).id == held[0].id);
  paged.broker.send(worker, Goodbye{});
  const auto results = paged.broker.results(paged.client);
  REQUIRE(results.size() == 2);
  for (const auto& result : results) CHECK(result.outcome.kind == OutcomeKind::lost);
}

TEST_CASE("a key names its task and result until its window ends, and other arguments are refused") {
  CoreOptions options = tiny();
  options.result_ttl = 1min;
  options.key_window = 10min;
  Paged paged{options};
  TaskOptions keyed;
  keyed.key = "order-17";
  paged.submit(1, 1, keyed);
  const auto worker = paged.broker.worker(10);
  paged.broker.succeed(worker, paged.broker.grants(worker).at(0).grant, "shipped");
  CHECK(paged.broker.results(paged.client).size() == 1);
  paged.broker.send(paged.client, ResultAck{{paged.broker.last_taken()}});
  paged.broker.advance_alive(9min, {paged.client, worker});
  paged.submit(1, 1, keyed);
  CHECK(paged.broker.results(paged.client).at(0).outcome.value.view() == "shipped");
  paged.broker.send(paged.client, ResultAck{{paged.broker.last_taken()}});
  Submission other = task(1, keyed);
  other.payload = Payload::copy("other arguments");
  const auto rejection = paged.broker.submit_rejected(paged.client, other);
  CHECK(rejection.code == Errc::duplicate_task);
  CHECK(rejection.text.find("order-17") != std::string::npos);
  paged.broker.restart();
  const auto back = paged.broker.client();
  paged.broker.submit(back, {task(1, keyed)});
  CHECK(paged.broker.results(back).at(0).outcome.value.view() == "shipped");
}

TEST_CASE("a dead letter releases its key at the end of the window") {
  CoreOptions options = tiny();
  options.result_ttl = 1min;
  options.key_window = 10min;
  Paged paged{options};
  TaskOptions keyed;
  keyed.key = "order-18";
  paged.submit(1, 1, keyed);
  const auto worker = paged.broker.worker(10);
  paged.broker.fail(worker, paged.broker.grants(worker).at(0).grant);
  paged.broker.send(paged.client, Goodbye{});
  const auto other = paged.broker.client();
  paged.broker.advance_alive(9min, {other, worker});
  paged.broker.submit(other, {task(1, keyed)});
  CHECK(paged.broker.results(other).at(0).outcome.kind == OutcomeKind::failed);
  paged.broker.send(other, ResultAck{{paged.broker.last_taken()}});
  paged.broker.advance_alive(11min, {other, worker});
  CHECK(paged.resident() + paged.paged_out() == 1);
  paged.broker.submit(other, {task(1, keyed)});
  REQUIRE(paged.broker.grants(worker).size() == 1);
  CHECK(paged.resident() + paged.paged_out() == 1);
}

TEST_CASE("a broker whose disk is nearly full rejects durable tasks; tasks in memory and running tasks go on") {
  Paged paged;
  paged.submit(1, 1);
  const auto worker = paged.broker.worker(10);
  const auto grant = paged.broker.grants(worker).at(0).grant;
  paged.broker.core().set_disk_full(true);
  CHECK(paged.broker.submit_rejected(paged.client, task(2)).code == Errc::disk_full);
  TaskOptions in_memory;
  in_memory.durability = Durability::memory;
  paged.submit(3, 3, in_memory);
  CHECK(paged.broker.grants(worker).size() == 1);
  paged.broker.succeed(worker, grant);
  CHECK(paged.broker.results(paged.client).size() == 1);
  paged.broker.core().set_disk_full(false);
  paged.submit(2, 2);
  CHECK(paged.broker.grants(worker).size() == 1);
}

TEST_CASE("a queue of a durable broker may keep its tasks in memory only") {
  CoreOptions options = tiny();
  options.queues["default"].durable = false;
  Paged paged{options};
  paged.submit(1, 20);
  CHECK(paged.resident() == 20);
  paged.broker.restart();
  CHECK(paged.resident() + paged.paged_out() == 0);
}

TEST_CASE("messages that have waited for the disk together are answered in as many messages as that takes") {
  Paged paged;
  paged.submit(1, 20);
  paged.broker.take<SubmitAck>(paged.client);
  paged.broker.hold_commits();
  paged.broker.send(paged.client, Cancel{{id(15)}});  // the later messages wait behind this one
  constexpr std::size_t kMessages = 3;
  constexpr std::size_t kTasks = 10'000;
  for (std::size_t i = 0; i < kMessages; ++i) {
    std::vector<Submission> tasks(kTasks, task(100));
    Attach attach;
    for (std::size_t n = 0; n < kTasks; ++n) {
      tasks[n].id = id(1'000'000 + i * kTasks + n);
      tasks[n].edit().queue = "no name";
      attach.ids.push_back(tasks[n].id);
    }
    paged.broker.submit(paged.client, std::move(tasks));
    paged.broker.send(paged.client, attach);
  }
  paged.broker.release_commits();
  std::size_t acknowledged = 0;
  std::size_t rejected = 0;
  for (const auto& ack : paged.broker.take<SubmitAck>(paged.client)) {
    acknowledged += ack.messages.size();
    rejected += ack.rejected.size();
  }
  CHECK(acknowledged == kMessages);
  CHECK(rejected == kMessages * kTasks);
  // A round sends a few messages at most that tell of unknown tasks.
  std::size_t unknown = 0;
  std::size_t messages = 0;
  while (unknown < kMessages * kTasks) {
    const auto results = paged.broker.take<Results>(paged.client);
    REQUIRE(!results.empty());
    messages += results.size();
    for (const auto& one : results) unknown += one.results.size();
    CHECK((paged.broker.core().next_wakeup() <= paged.broker.now.steady) == (unknown < kMessages * kTasks));
    paged.broker.advance(0s);
  }
  CHECK(messages <= 4);
}

}  // namespace paging_test
