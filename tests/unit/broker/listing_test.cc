// Lists of tasks: pages, filters, and slices of many tasks.
#include <doctest/doctest.h>

#include "tests/unit/broker/queries_kit.h"

namespace listing_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;
using forkmill::broker::test::id;

namespace {

TaskFilter first_rows(std::uint32_t most, std::string name = "t.echo") {
  TaskFilter filter;
  filter.name = std::move(name);
  filter.most = most;
  return filter;
}

}  // namespace

TEST_CASE("pages of tasks in memory have each of them once, the newest first") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(3);
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= 20; ++n) tasks.push_back(task(n));
  broker.submit(client, tasks);
  broker.fail(worker, broker.grants(worker).at(1).grant);
  const auto listed = [&](const std::string& state) {
    std::vector<std::uint64_t> seqs;
    std::uint64_t next = 0;
    do {
      TaskFilter filter;
      filter.state = state;
      filter.most = 3;
      filter.before = TaskSeq{next};
      broker.send(client, Query{5, QueryKind::tasks, "", filter});
      const auto reply = broker.take<Reply>(client).at(0);
      const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
      const auto body = handle.get().as<std::map<std::string, msgpack::object>>();
      for (const auto& row : body.at("tasks").as<std::vector<std::map<std::string, msgpack::object>>>())
        seqs.push_back(row.at("seq").as<std::uint64_t>());
      next = body.at("next").as<std::uint64_t>();
    } while (next != 0);
    return seqs;
  };
  std::vector<std::uint64_t> all;
  for (std::uint64_t seq = 20; seq >= 1; --seq) all.push_back(seq);
  CHECK(listed("") == all);
  CHECK(listed("failed") == std::vector<std::uint64_t>{2});
  CHECK(listed("ready").size() + listed("running").size() == 19);
}

TEST_CASE("a list of many tasks in memory looks at a slice of them in each round, and other messages pass between") {
  Crowd crowd;
  crowd.ask(first_rows(2));
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  crowd.broker.submit(crowd.client, {task(kMany + 100)});  // comes too late for the list
  CHECK(crowd.broker.take<SubmitAck>(crowd.client).size() == 1);
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  crowd.broker.send(crowd.asker, Query{6, QueryKind::ping, ""});
  const auto replies = crowd.broker.take<Reply>(crowd.asker);
  REQUIRE(replies.size() == 2);  // the ping, and the list, of which this was the last slice
  CHECK(replies[0].id == 6);
  const std::uint64_t newest = kMany / 100 * 100;
  const Page page = page_of(replies[1]);
  CHECK(page.seqs == std::vector<std::uint64_t>{newest, newest - 100});
  CHECK(page.next == newest - 100);
}

TEST_CASE("other questions do not wait for a list, in memory or on disk") {
  Crowd crowd;
  crowd.ask(first_rows(2));
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  crowd.broker.send(crowd.asker, Query{6, QueryKind::status, ""});
  const auto replies = crowd.broker.take<Reply>(crowd.asker);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].id == 6);
  Shelf shelf;
  shelf.broker.hold_commits();  // and the answers of the store
  shelf.broker.send(shelf.client, Query{5, QueryKind::tasks, "", first_rows(2)});
  CHECK(shelf.broker.take<Reply>(shelf.client).empty());
  shelf.broker.send(shelf.client, Query{6, QueryKind::status, ""});
  const auto others = shelf.broker.take<Reply>(shelf.client);
  REQUIRE(others.size() == 1);
  CHECK(others[0].id == 6);
}

TEST_CASE("further lists wait for one that is under way, and one whose asker goes away gives way to them") {
  Crowd crowd;
  const auto other = crowd.broker.client();
  crowd.ask(first_rows(1));
  crowd.broker.send(other, Query{7, QueryKind::tasks, "", first_rows(1)});
  CHECK(crowd.broker.core().next_wakeup() <= crowd.broker.now.steady);
  crowd.broker.send(crowd.asker, Goodbye{});
  int rounds = 0;
  while (crowd.broker.core().next_wakeup() <= crowd.broker.now.steady) {
    crowd.broker.advance(0ms);
    REQUIRE(++rounds < 10);
  }
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  const auto replies = crowd.broker.take<Reply>(other);
  REQUIRE(replies.size() == 1);
  CHECK(page_of(replies[0]).seqs == std::vector<std::uint64_t>{kMany / 100 * 100});
}

TEST_CASE("tasks that end while a list looks for them are left out, and the next page goes on behind them") {
  Crowd crowd;
  crowd.ask(first_rows(2));
  const std::uint64_t newest = kMany / 100 * 100;
  crowd.broker.send(crowd.client, Cancel{{id(newest)}, {}});
  TaskFilter ready = first_rows(2);
  ready.state = "ready";
  const Page all = crowd.page(1);
  CHECK(all.seqs == std::vector<std::uint64_t>{newest, newest - 100});  // a cancelled one is kept
  crowd.ask(ready);
  crowd.broker.send(crowd.client, Cancel{{id(newest - 100)}, {}});
  const Page page = crowd.page(1);
  CHECK(page.seqs == std::vector<std::uint64_t>{newest - 200});
  CHECK(page.next == newest - 200);
  ready.before = TaskSeq{page.next};
  crowd.ask(ready);
  CHECK(crowd.page(2).seqs == std::vector<std::uint64_t>{newest - 300, newest - 400});
}

TEST_CASE("a list of the tasks in a state asks the store only if some of these are on disk only") {
  Shelf shelf;
  const auto worker = shelf.broker.worker(1, {"default"}, 1);
  REQUIRE(shelf.broker.grants(worker).size() == 1);
  const auto ask = [&](std::uint64_t number, const char* state) {
    TaskFilter filter;
    filter.state = state;
    shelf.broker.send(shelf.client, Query{number, QueryKind::tasks, "", filter});
    shelf.broker.advance(0ms);
    return shelf.broker.take<Reply>(shelf.client);
  };
  shelf.broker.hold_commits();  // and the answers of the store
  const auto running = ask(5, "running");
  REQUIRE(running.size() == 1);
  CHECK(page_of(running.at(0)).seqs == std::vector<std::uint64_t>{1});
  const auto failed = ask(6, "failed");
  REQUIRE(failed.size() == 1);
  CHECK(page_of(failed.at(0)).seqs.empty());
  CHECK(ask(7, "ready").empty());
  shelf.broker.release_commits();
  std::vector<Reply> ready;
  for (int rounds = 0; ready.empty(); ready = shelf.broker.take<Reply>(shelf.client)) {
    shelf.broker.advance(0ms);
    REQUIRE(++rounds < 10);
  }
  CHECK(page_of(ready.at(0)).seqs.at(0) == kMany);
}

TEST_CASE("a search among many tasks on disk looks at some of them for each answer, and says how far it has come") {
  Shelf shelf;
  TaskFilter filter;
  filter.queue = "none";
  std::uint64_t before = kMany + 1;
  std::uint64_t answers = 0;
  do {
    shelf.broker.send(shelf.client, Query{5, QueryKind::tasks, "", filter});
    std::vector<Reply> replies = shelf.broker.take<Reply>(shelf.client);
    for (int rounds = 0; replies.empty(); replies = shelf.broker.take<Reply>(shelf.client)) {
      shelf.broker.advance(0ms);
      REQUIRE(++rounds < 10);
    }
    const Page page = page_of(replies.at(0));
    CHECK(page.seqs.empty());
    CHECK(page.reached_at_ms == shelf.broker.now.unix_time.count());  // no time has passed since they were submitted
    REQUIRE(page.next < before);
    CHECK(before - page.next <= 2001);
    before = page.next;
    filter.before = TaskSeq{page.next};
  } while (before != 0 && ++answers < 100);
  CHECK(answers == kMany / 2000);
}

TEST_CASE("a text of errors is looked for on disk only if tasks that ended without a result are there") {
  Shelf shelf;
  shelf.broker.hold_commits();  // and the answers of the store
  TaskFilter filter;
  filter.text = "it broke";
  shelf.broker.send(shelf.client, Query{5, QueryKind::tasks, "", filter});
  shelf.broker.advance(0ms);
  const auto replies = shelf.broker.take<Reply>(shelf.client);
  REQUIRE(replies.size() == 1);
  CHECK(page_of(replies.at(0)).seqs.empty());
  CHECK(page_of(replies.at(0)).next == 0);
}

TEST_CASE("a store's tasks and those in memory make one list, however many slices it takes") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.restart_grace = 0ms;
  Broker broker{options, &store};
  const auto client = broker.client();
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= 2 * forkmill::broker::MemoryWalk::kSlice; ++n) {
    TaskOptions one;
    one.durability = n % 2 == 0 ? Durability::memory : Durability::durable;
    tasks.push_back(task(n, one));
    if (tasks.size() == 1024) broker.submit(client, std::exchange(tasks, {}));
  }
  std::uint64_t expected = 2 * forkmill::broker::MemoryWalk::kSlice;
  for (std::uint64_t next = 0; expected > 0;) {
    TaskFilter filter;
    filter.before = TaskSeq{next};
    broker.send(client, Query{5, QueryKind::tasks, "", filter});
    std::vector<Reply> replies = broker.take<Reply>(client);
    for (int rounds = 0; replies.empty(); replies = broker.take<Reply>(client)) {
      broker.advance(0ms);
      REQUIRE(++rounds < 10);
    }
    const Page page = page_of(replies.at(0));
    REQUIRE(!page.seqs.empty());
    for (const std::uint64_t seq : page.seqs) REQUIRE(seq == expected--);
    next = page.next;
    CHECK((next == 0) == (expected == 0));
  }
}

TEST_CASE("a filter for ids finds a task by each beginning of the text of its id, and by nothing else") {
  Broker broker;
  const auto client = broker.client();
  broker.submit(client, {task(1)});
  const auto rows = [&](std::string prefix) {
    Query query{5, QueryKind::tasks, ""};
    query.filter.id = std::move(prefix);
    broker.send(client, query);
    const auto reply = broker.take<Reply>(client).at(0);
    const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
    return handle.get().as<std::map<std::string, msgpack::object>>().at("tasks").via.array.size;
  };
  const std::string text = id(1).to_string();
  for (std::size_t length = 0; length <= text.size(); ++length) {
    CAPTURE(length);
    CHECK(rows(text.substr(0, length)) == 1);
    if (length == text.size()) break;
    CHECK(rows(text.substr(0, length) + (text[length] == 'e' ? 'f' : 'e')) == 0);
  }
  CHECK(rows(text + "0") == 0);
  CHECK(rows("-") == 0);
}

TEST_CASE("a filter for arguments finds a text in them or in the label, in memory and on disk") {
  for (const bool durable : {false, true}) {
    CAPTURE(durable);
    MemoryStore store{"s", true};
    Broker broker{{}, durable ? &store : nullptr};
    const auto client = broker.client();
    const auto worker = broker.worker(2);
    TaskOptions once;
    once.max_attempts = 1;
    TaskOptions labelled;
    labelled.label = "convert Cat.png";
    std::vector<Submission> tasks{task(1, once), task(2, once), task(3), task(4, labelled), task(5)};
    tasks[3].payload = Payload::copy("nothing");
    tasks[4].payload = Payload::copy(std::string(20'000, 'x') + "to Alice@example.org");
    broker.submit(client, tasks);
    const auto grants = broker.grants(worker);
    REQUIRE(grants.size() == 2);
    const auto found = [&](std::string text, std::string state = {}) {
      TaskFilter filter;
      filter.arguments = std::move(text);
      filter.state = std::move(state);
      broker.send(client, Query{5, QueryKind::tasks, "", filter});
      const auto replies = broker.take<Reply>(client);
      REQUIRE(replies.size() == 1);
      return page_of(replies[0]).seqs;
    };
    using Seqs = std::vector<std::uint64_t>;
    CHECK(found("GUMENT") == Seqs{3, 2, 1});
    CHECK(found("arguments", "ready") == Seqs{3});
    CHECK(found("cat.PNG") == Seqs{4});
    CHECK(found("alice").empty());  // behind the bytes that are looked at
    CHECK(found("none").empty());
    for (const char* text : {"A", "s", "RGUMENTS", "argumentS", "ments"}) CHECK(found(text, "ready").front() >= 3);
    for (const char* text : {"argumentsa", "aarguments", "arguments\n"}) CHECK(found(text).empty());
    broker.fail(worker, grants[0].grant);
    broker.succeed(worker, grants[1].grant);
    CHECK(found("arguments") == Seqs{3, 1});  // the second one has ended, and is no dead letter
    CHECK(found("arguments", "failed") == Seqs{1});
  }
}

TEST_CASE("a filter for errors finds the code that lists show") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  broker.fail(worker, broker.grants(worker).at(0).grant);
  Query query{5, QueryKind::tasks, ""};
  const auto rows = [&](const std::string& text) {
    query.filter.text = text;
    broker.send(client, query);
    const auto reply = broker.take<Reply>(client).at(0);
    return msgpack::unpack(reply.body.view().data(), reply.body.size())
        .get()
        .as<std::map<std::string, msgpack::object>>()
        .at("tasks")
        .via.array.size;
  };
  CHECK(rows("handler_err") == 1);
  CHECK(rows("it broke") == 1);
  CHECK(rows("HANDLER") == 1);
  CHECK(rows("timeout") == 0);
}

TEST_CASE("a filter for errors finds tasks over their time limit and lost workers by the names of their exceptions") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(2);
  TaskOptions once;
  once.max_attempts = 1;
  broker.submit(client, {task(1, once), task(2, once)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 2);
  const auto end = [&](const Grant& grant, OutcomeKind kind, Errc code) {
    broker.send(worker, Outcomes{{{grant, Outcome::ended(kind, code, "it ended"), milliseconds{-1}, 0}}, 2});
  };
  end(grants[0].grant, OutcomeKind::timed_out, Errc::timed_out);
  end(grants[1].grant, OutcomeKind::lost, Errc::worker_lost);
  Query query{5, QueryKind::tasks, ""};
  const auto found = [&](const std::string& text) {
    query.filter.text = text;
    broker.send(client, query);
    const auto reply = broker.take<Reply>(client).at(0);
    const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
    std::ostringstream shown;
    shown << handle.get();
    return shown.str();
  };
  has(found("timeout"), id(1).to_string());
  CHECK(found("timeout").find(id(2).to_string()) == std::string::npos);
  has(found("workerlost"), id(2).to_string());
}

}  // namespace listing_test
