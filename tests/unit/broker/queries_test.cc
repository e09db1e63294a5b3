#include <msgpack.hpp>

#include "proto/wire/codec.h"
#include "tests/unit/broker/broker.h"

namespace queries_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;
using forkmill::broker::test::id;

namespace {

// Returns the body of the reply in msgpack-c's JSON-like form, or the name of the reply's error.
std::string ask(Broker& broker, const Broker::Peer& client, QueryKind kind, std::string argument = "") {
  broker.send(client, Query{5, kind, std::move(argument)});
  const auto reply = broker.take<Reply>(client).at(0);
  CHECK(reply.id == 5);
  if (reply.code != Errc::ok) return std::string{errc_name(reply.code)};
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
  std::ostringstream text;
  text << handle.get();
  return text.str();
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

}  // namespace

TEST_CASE("status counts tasks, and says which ones wait for a missing worker") {
  Broker broker;
  const auto client = broker.client();
  CHECK(ask(broker, client, QueryKind::ping) == "{}");
  Submission stranger = task(1);
  stranger.edit().name = "t.stranger";
  Submission mismatch = task(2);
  mismatch.edit().signature = signature_hash("void()");
  Submission gpu = task(3);
  gpu.edit().queue = "gpu";
  broker.submit(client, {stranger, mismatch, gpu});
  has(ask(broker, client, QueryKind::status), "no worker serves queue default");
  broker.worker(10);
  const std::string status = ask(broker, client, QueryKind::status);
  has(status, "\"ready\":3");
  has(status, "no worker has task t.stranger");
  has(status, "the workers have t.echo as str(str)");
  has(status, "no worker serves queue gpu");
}

TEST_CASE("queries list queues and workers") {
  Broker broker;
  const auto client = broker.client();
  broker.worker(2, {"default"}, 2);
  broker.submit(client, {task(1), task(2), task(3)});
  broker.advance(3s);
  const std::string queues = ask(broker, client, QueryKind::queues);
  has(queues, "\"name\":\"default\"");
  has(queues, "\"ready\":1");
  has(queues, "\"running\":2");
  has(queues, "\"oldest_ready_ms\":3000");
  const std::string workers = ask(broker, client, QueryKind::workers);
  has(workers, "\"children\":2");
  has(workers, "str(str)");
}

TEST_CASE("a task that has ended is shown with its attempts and headers, and listed with the start of the last one") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  TaskOptions traced;
  traced.headers = {{"traceparent", "00-1-2-01"}};
  broker.submit(client, {task(1, traced), task(2)});
  const auto grants = broker.grants(worker);
  broker.advance(3s);
  const std::string end = std::to_string(broker.now.unix_time.count());
  const std::string start = std::to_string(broker.now.unix_time.count() - 2000);
  broker.send(
      worker,
      Outcomes{{{grants.at(0).grant, {OutcomeKind::succeeded, {}, "", {}, {}}, milliseconds{-1}, 2'000'000}}, 10});
  for (const auto& shown :
       {ask(broker, client, QueryKind::task, id(1).to_string()), ask(broker, client, QueryKind::tasks)}) {
    has(shown, "\"started_at_ms\":" + start);
    has(shown, "\"finished_at_ms\":" + end);
  }
  const std::string shown = ask(broker, client, QueryKind::task, id(1).to_string());
  has(shown, "\"headers\":{\"traceparent\":\"00-1-2-01\"}");
  has(shown,
      "\"attempts\":[{\"attempt\":1,\"outcome\":\"succeeded\",\"ended_at_ms\":" + end + ",\"started_at_ms\":" + start);
  has(ask(broker, client, QueryKind::tasks), "\"traceparent\":\"00-1-2-01\"");
}

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

namespace {

struct Page {
  std::vector<std::uint64_t> seqs;
  std::uint64_t next = 0;
};

Page page_of(const Reply& reply) {
  REQUIRE(reply.code == Errc::ok);
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
  const auto body = handle.get().as<std::map<std::string, msgpack::object>>();
  Page page;
  for (const auto& row : body.at("tasks").as<std::vector<std::map<std::string, msgpack::object>>>())
    page.seqs.push_back(row.at("seq").as<std::uint64_t>());
  page.next = body.at("next").as<std::uint64_t>();
  return page;
}

constexpr std::uint64_t kMany = 3 * forkmill::broker::MemoryWalk::kSlice;

// A broker with kMany ready tasks in memory, all but each hundredth of another name than t.echo.
struct Crowd {
  Crowd() {
    constexpr std::uint64_t kMessage = 1024;
    for (std::uint64_t n = 1; n <= kMany; n += kMessage) {
      std::vector<Submission> tasks;
      for (std::uint64_t i = n; i < n + kMessage; ++i) {
        tasks.push_back(task(i));
        if (i % 100 != 0) tasks.back().edit().name = "t.other";
      }
      broker.submit(client, std::move(tasks));
    }
    REQUIRE(broker.core().state().tasks.size() == kMany);
    broker.take<SubmitAck>(client);
  }
  void ask(TaskFilter filter) { broker.send(asker, Query{5, QueryKind::tasks, "", std::move(filter)}); }
  // The page, for which the broker has `rounds` further rounds.
  Page page(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      CHECK(broker.take<Reply>(asker).empty());
      CHECK(broker.core().next_wakeup() <= broker.now.steady);
      broker.advance(0ms);
    }
    const auto replies = broker.take<Reply>(asker);
    REQUIRE(replies.size() == 1);
    CHECK(broker.core().next_wakeup() > broker.now.steady);
    return page_of(replies[0]);
  }

  Broker broker;
  Broker::Peer client = broker.client();
  Broker::Peer asker = broker.client();
};

TaskFilter first_rows(std::uint32_t most, std::string name = "t.echo") {
  TaskFilter filter;
  filter.name = std::move(name);
  filter.most = most;
  return filter;
}

}  // namespace

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

namespace {

// A search that is under way: its message has been sent, and has no reply yet.
struct Search {
  Search(Crowd& among, const Message& message) : crowd{among} { crowd.broker.send(crowd.asker, message); }
  // Returns the reply, and counts the further rounds that it took.
  Reply reply() {
    for (;; ++rounds) {
      for (Reply& one : crowd.broker.take<Reply>(crowd.asker)) replies.push_back(std::move(one));
      if (!replies.empty()) {
        Reply first = std::move(replies.front());
        replies.pop_front();
        return first;
      }
      REQUIRE(rounds < 20);
      CHECK(crowd.broker.core().next_wakeup() <= crowd.broker.now.steady);
      crowd.broker.advance(0ms);
    }
  }
  // Whether each slice had a round of its own.
  bool took_slices() const { return rounds + 1 >= kMany / forkmill::broker::IdSearch::kSlice; }

  Crowd& crowd;
  std::uint64_t rounds = 0;
  std::deque<Reply> replies{};  // further ones
};

// The beginning of this id and of no other.
std::string beginning_of(std::uint64_t n) { return id(n).to_string().substr(0, 35); }

}  // namespace

TEST_CASE("a search for the beginning of an id looks at a slice in each round, and other messages pass between") {
  Crowd crowd;
  constexpr std::uint64_t kFirst = kMany + 16;  // ids that begin alike: kFirst to kFirst + 15
  static_assert(kFirst % 16 == 0);
  crowd.broker.submit(crowd.client, {task(kFirst)});
  crowd.broker.take<SubmitAck>(crowd.client);
  Search search{crowd, Query{5, QueryKind::task, beginning_of(kFirst)}};
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  crowd.broker.submit(crowd.client, {task(kMany + 100)});
  CHECK(crowd.broker.take<SubmitAck>(crowd.client).size() == 1);
  crowd.broker.send(crowd.asker, Query{6, QueryKind::ping, ""});
  CHECK(search.reply().id == 6);
  const Reply shown = search.reply();
  CHECK(shown.id == 5);
  CHECK(shown.code == Errc::ok);
  CHECK(crowd.broker.core().next_wakeup() > crowd.broker.now.steady);
  // A beginning that no id has needs all slices, and so does that of a command.
  Search vain{crowd, Query{5, QueryKind::task, "ffffffff"}};
  const Reply unknown = vain.reply();
  CHECK(unknown.code == Errc::task_unknown);
  CHECK(unknown.text == "no task has an id that begins with 'ffffffff'");
  CHECK(vain.took_slices());
  crowd.broker.send(crowd.client, Cancel{{id(kFirst)}, {}});
  Search drop{crowd, Command{7, DropDeadLetter{beginning_of(kFirst)}}};
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  CHECK(drop.reply().text.find("is cancelled: only a task that failed is a dead letter") != std::string::npos);
  CHECK(drop.took_slices());
}

TEST_CASE("a text with which no id can begin names no task, and none is looked for") {
  Crowd crowd;
  for (const char* text :
       {"zzzzzzzz", "not an id", "0-------", "--------", "018bcfe5018bcfe5018bcfe5018bcfe5018bcfe5"}) {
    CAPTURE(text);
    Search search{crowd, Query{5, QueryKind::task, text}};
    const Reply reply = search.reply();
    CHECK(reply.code == Errc::task_unknown);
    CHECK(reply.text == "no task has an id that begins with '" + std::string{text} + "'");
    CHECK(search.rounds == 0);
  }
  Broker broker;
  const auto client = broker.client();
  broker.submit(client, {task(1)});
  CHECK(ask(broker, client, QueryKind::task, id(1).to_string().substr(0, 8)).find("t.echo") != std::string::npos);
  for (const char* text : {"0-------", "--------"}) CHECK(ask(broker, client, QueryKind::task, text) == "task_unknown");
}

TEST_CASE("a search ends early if two tasks have the beginning, and when its asker goes away") {
  Crowd crowd;
  Search many{crowd, Query{5, QueryKind::task, id(1).to_string().substr(0, 20)}};
  CHECK(many.reply().text.starts_with("several tasks have ids that begin with"));
  CHECK(many.rounds == 0);
  const auto other = crowd.broker.client();
  Search left{crowd, Query{5, QueryKind::task, "ffffffff"}};
  crowd.broker.send(other, Query{8, QueryKind::task, beginning_of(kMany)});
  CHECK(crowd.broker.take<Reply>(other).empty());
  crowd.broker.send(crowd.asker, Goodbye{});
  int rounds = 0;
  while (crowd.broker.core().next_wakeup() <= crowd.broker.now.steady) {
    crowd.broker.advance(0ms);
    REQUIRE(++rounds < 20);
  }
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  const auto replies = crowd.broker.take<Reply>(other);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].code == Errc::ok);
}

TEST_CASE("queries that look for no id do not wait for a search, and two searches take one turn after the other") {
  Crowd crowd;
  const auto other = crowd.broker.client();
  Search vain{crowd, Query{5, QueryKind::task, "ffffffff"}};
  crowd.broker.send(crowd.asker, Query{6, QueryKind::task, "eeeeeeee"});
  crowd.broker.send(other, Query{7, QueryKind::queues, ""});
  CHECK(crowd.broker.take<Reply>(other).size() == 1);
  CHECK(crowd.broker.take<Reply>(crowd.asker).empty());
  CHECK(vain.reply().id == 5);
  CHECK(vain.reply().id == 6);
  CHECK(vain.took_slices());
}

namespace {

// A broker with kMany ready tasks, nearly all of them on disk.
struct Shelf {
  Shelf() {
    std::vector<Submission> tasks;
    for (std::uint64_t n = 1; n <= kMany; ++n) {
      tasks.push_back(task(n));
      if (tasks.size() == 1024) broker.submit(client, std::exchange(tasks, {}));
    }
    REQUIRE(broker.core().state().tasks.find_paged_out(id(kMany)));
  }
  void ask(std::uint64_t number, std::string text) {
    broker.send(client, Query{number, QueryKind::why_task, std::move(text)});
  }
  // Returns the further rounds until there is a good reply to the query with this number. Earlier ones are dropped.
  std::uint64_t rounds_until(std::uint64_t number) {
    for (std::uint64_t rounds = 0;; ++rounds) {
      REQUIRE(rounds < 30);
      for (const Reply& reply : broker.take<Reply>(client)) {
        CHECK(reply.code == Errc::ok);
        if (reply.id == number) return rounds;
      }
      broker.advance(0ms);
    }
  }
  static CoreOptions with_few_in_memory() {
    CoreOptions options;
    options.restart_grace = 0ms;
    options.resident.tasks = 64;
    options.resident.page = 64;
    return options;
  }

  MemoryStore store{"s", true};
  Broker broker{with_few_in_memory(), &store};
  Broker::Peer client = broker.client();
};

}  // namespace

TEST_CASE("a task on disk is found by the beginning of its id in slices, and then fetched") {
  Shelf shelf;
  shelf.ask(5, beginning_of(kMany));
  CHECK(shelf.rounds_until(5) + 1 >= kMany / forkmill::broker::IdSearch::kSlice);
}

TEST_CASE("a search goes on while another message of its client waits for the disk, and does not begin again") {
  Shelf shelf;
  shelf.ask(5, beginning_of(kMany));
  const std::uint64_t alone = shelf.rounds_until(5);
  REQUIRE(alone >= 3);
  shelf.ask(6, beginning_of(kMany));
  shelf.broker.hold_commits();  // and the answers of the store
  shelf.broker.send(shelf.client, Query{7, QueryKind::task, id(kMany - 1).to_string()});
  CHECK(shelf.broker.take<Reply>(shelf.client).empty());
  shelf.broker.release_commits();
  CHECK(shelf.rounds_until(6) + 2 <= alone);
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

TEST_CASE("a query shows one task by its id, and refuses an ambiguous beginning of one") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1), task(2)});
  has(ask(broker, client, QueryKind::task, id(1).to_string()), "\"state\":\"running\"");
  const std::string waiting = ask(broker, client, QueryKind::task, id(2).to_string());
  has(waiting, "waits for a free process");
  CHECK(ask(broker, client, QueryKind::task, id(2).to_string().substr(0, 8)) ==
        "task_unknown");  // the beginning of both ids
  CHECK(ask(broker, client, QueryKind::task, "nonsense") == "task_unknown");
  broker.fail(worker, broker.grants(worker).at(0).grant);
  const std::string failed = ask(broker, client, QueryKind::task, id(1).to_string());
  has(failed, "\"state\":\"failed\"");
  has(failed, "it broke");
  has(failed, "handler_error");
}

TEST_CASE("an answer that repeats the argument of a query can be decoded, however long it is") {
  Broker broker;
  const auto client = broker.client();
  const std::string longest(limits::kMaxErrorText, 'x');
  const std::vector<Message> messages{Query{5, QueryKind::task, longest},   Query{5, QueryKind::process, longest},
                                      Query{5, QueryKind::object, longest}, Command{5, RetryDeadLetter{longest, id(1)}},
                                      Command{5, DropDeadLetter{longest}},  Command{5, SendSignal{longest, 1}},
                                      Command{5, RemoveObject{longest}},    Command{5, ReleaseObject{longest}}};
  for (const auto& message : messages) {
    broker.send(client, message);
    const auto reply = broker.take<Reply>(client).at(0);
    CHECK(reply.code != Errc::ok);
    CHECK(decode(encode({{}, reply}).envelope).ok());
  }
}

TEST_CASE("a task that runs is shown with its label, its arguments and its start") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1, {"default"}, 1);
  Submission labelled = task(1);
  labelled.edit().options.label = "echo hi";
  broker.submit(client, {labelled});
  const auto grant = broker.grants(worker).at(0).grant;
  broker.advance(3s);
  const auto start = [&] { return std::to_string(broker.now.unix_time.count() - 3000); };
  for (const std::string& shown :
       {ask(broker, client, QueryKind::task, id(1).to_string()), ask(broker, client, QueryKind::tasks)}) {
    has(shown, "\"label\":\"echo hi\"");
    has(shown, "\"started_at_ms\":" + start());
  }
  has(ask(broker, client, QueryKind::task, id(1).to_string()), "\"arguments\":");
  ProcessRow row;
  row.grant = grant;
  row.task_started_at = 1234ms;
  broker.send(worker, Report{{row}});
  has(ask(broker, client, QueryKind::task, id(1).to_string()), "\"started_at_ms\":1234");
  has(ask(broker, client, QueryKind::processes), "\"task_started_at_ms\":1234");
}

TEST_CASE("a task that has succeeded is shown with the beginning of its result, and no other task is") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1), task(2), task(3), task(4)});
  const auto grants = broker.grants(worker);
  broker.succeed(worker, grants.at(0).grant, "\xa2ok");
  const std::string large(limits::kShownArguments + 1, 'x');
  broker.succeed(worker, grants.at(1).grant, large);
  // As sealed errors come: in the place of a result.
  Outcome failed{OutcomeKind::failed, {}, "", Payload::copy("secret"), ErrorReport{}};
  failed.error->code = Errc::handler_error;
  broker.finish(worker, grants.at(2).grant, failed);
  const auto result_of = [&](std::uint64_t n) -> std::optional<std::string> {
    broker.send(client, Query{5, QueryKind::task, id(n).to_string()});
    const auto reply = broker.take<Reply>(client).at(0);
    REQUIRE(reply.code == Errc::ok);
    const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
    const auto map = handle.get().as<std::map<std::string, msgpack::object>>();
    return map.contains("result") ? std::optional{map.at("result").as<std::string>()} : std::nullopt;
  };
  CHECK(result_of(1) == "\xa2ok");
  CHECK(result_of(2) == large.substr(0, limits::kShownArguments));
  CHECK_FALSE(result_of(3));
  CHECK_FALSE(result_of(4));
}

TEST_CASE("the start of a task that waits in its worker is not known before the worker reports it") {
  Broker broker;
  const auto client = broker.client();
  broker.worker(2, {"default"}, 1);
  broker.submit(client, {task(1), task(2)});
  CHECK(ask(broker, client, QueryKind::task, id(2).to_string()).find("started_at_ms") == std::string::npos);
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

}  // namespace queries_test
