// Events of tasks: what is told, to whom, and what a client that is too slow or comes from an earlier broker learns.
#include "broker/core/events/event_cursor.h"

#include <algorithm>

#include "broker/core/operators/events/event_pulls.h"
#include "tests/unit/broker/principals_kit.h"
#include "tests/unit/broker/process_kit.h"

namespace forkmill::broker::test::events_test {

namespace {

using Row = std::map<std::string, msgpack::object>;

// One watcher: it asks for the next events and keeps its cursor.
class Watcher {
 public:
  Watcher(Broker& broker, Broker::Peer peer, TaskFilter filter = {})
      : broker_{broker}, peer_{std::move(peer)}, filter_{std::move(filter)} {}

  void ask() { broker_.send(peer_, Query{++last_, QueryKind::events, cursor, filter_}); }
  // Takes the answer to the last question. Returns false if there is none yet.
  bool answered() {
    const auto replies = broker_.take<Reply>(peer_);
    const auto reply =
        std::find_if(replies.begin(), replies.end(), [this](const Reply& one) { return one.id == last_; });
    if (reply == replies.end()) return false;
    code = reply->code;
    events.clear();
    missed.clear();
    if (code != Errc::ok) return true;
    handle_ = msgpack::unpack(reply->body.view().data(), reply->body.size());
    const Row body = handle_.get().as<Row>();
    cursor = body.at("cursor").as<std::string>();
    events = body.at("events").as<std::vector<Row>>();
    if (body.contains("missed")) missed = body.at("missed").as<Row>();
    return true;
  }
  void begin() {
    ask();
    REQUIRE(answered());
    REQUIRE(code == Errc::ok);
    REQUIRE(events.empty());
  }
  // The kinds of all events that have happened since.
  std::vector<std::string> kinds() {
    ask();
    std::vector<std::string> all;
    while (answered()) {
      REQUIRE(code == Errc::ok);
      for (const Row& row : events) all.push_back(row.at("kind").as<std::string>());
      if (events.empty()) break;
      rows.insert(rows.end(), events.begin(), events.end());
      handles_.push_back(std::move(handle_));
      ask();
    }
    return all;
  }

  std::string cursor{};
  Errc code = Errc::ok;
  std::vector<Row> events{};
  Row missed{};
  std::vector<Row> rows{};  // the last kinds() has collected

 private:
  Broker& broker_;
  Broker::Peer peer_;
  TaskFilter filter_;
  std::uint64_t last_ = 0;
  msgpack::object_handle handle_{};
  std::vector<msgpack::object_handle> handles_{};
};

using Kinds = std::vector<std::string>;

}  // namespace

TEST_CASE("a client that watches is told each step of a task, in order") {
  Broker broker;
  const auto client = broker.client();
  Watcher watcher{broker, client};
  watcher.begin();
  TaskOptions options;
  options.max_attempts = 2;
  options.retry_errors = true;
  options.delay = 1s;
  options.backoff.initial = 1s;
  options.backoff.jitter_percent = 0;
  broker.submit(client, {task(1, options)});
  const auto worker = broker.worker(10);
  broker.advance(1s);
  broker.fail(worker, broker.grants(worker).at(0).grant);
  broker.advance(1s);
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  CHECK(watcher.kinds() == Kinds{"submitted", "ready", "granted", "retried", "ready", "granted", "succeeded"});
  Row& submitted = watcher.rows.at(0);
  CHECK(submitted.at("id").as<std::string>() == id(1).to_string());
  CHECK(submitted.at("state").as<std::string>() == "scheduled");
  CHECK(submitted.at("due_ms").as<std::int64_t>() == submitted.at("time_ms").as<std::int64_t>() + 1000);
  CHECK(watcher.rows.at(2).at("worker").as<std::string>() == "worker");
  CHECK(watcher.rows.at(2).at("attempt").as<int>() == 1);
  Row& retried = watcher.rows.at(3);
  CHECK(retried.at("outcome").as<std::string>() == "failed");
  CHECK(retried.at("code").as<std::string>() == "handler_error");
  const auto ms = [&](std::size_t row, const char* key) { return watcher.rows.at(row).at(key).as<std::int64_t>(); };
  CHECK(ms(3, "submitted_ms") == ms(0, "time_ms"));
  CHECK(ms(3, "ready_ms") == ms(0, "due_ms"));
  CHECK(ms(6, "submitted_ms") == ms(0, "time_ms"));
  CHECK(ms(6, "ready_ms") == ms(3, "due_ms"));
  CHECK_FALSE(watcher.rows.at(2).contains("ready_ms"));
  CHECK(watcher.rows.at(6).at("attempt").as<int>() == 2);
  CHECK(watcher.rows.at(6).at("run_us").as<int>() == 10);
  for (std::size_t i = 0; i < watcher.rows.size(); ++i) CHECK(watcher.rows[i].at("at").as<std::size_t>() == i);
}

TEST_CASE("tasks that are handed back, cancelled, expired, moved, dropped and forgotten are told") {
  CoreOptions options;
  options.result_ttl = 20s;  // events are forgotten later than that
  Broker broker{options};
  const auto client = broker.client();
  Watcher watcher{broker, client};
  watcher.begin();
  TaskOptions short_lived;
  short_lived.expires = 1s;
  broker.submit(client, {task(1), task(2, short_lived)});
  auto worker = broker.worker(1);
  broker.send(worker, Return{{broker.grants(worker).at(0).grant}, 0, 1h, "no memory"});
  CHECK(watcher.kinds() == Kinds{"submitted", "submitted", "granted", "handed_back"});
  broker.advance(1s);
  CHECK(watcher.kinds() == Kinds{"expired"});
  ChangeTasks move;
  move.id = id(77);
  move.action = TaskAction::move;
  move.queue = "other";
  broker.send(client, Command{900, move});
  broker.take<Reply>(client);
  watcher.rows.clear();
  CHECK(watcher.kinds() == Kinds{"moved"});
  CHECK(watcher.rows.at(0).at("queue").as<std::string>() == "other");
  CHECK(watcher.rows.at(0).at("from_queue").as<std::string>() == "default");
  broker.send(client, Cancel{{id(1)}});
  CHECK(watcher.kinds() == Kinds{"cancelled"});
  broker.submit(client, {task(3)});
  worker = broker.worker(1);
  broker.fail(worker, broker.grants(worker).at(0).grant);
  watcher.rows.clear();
  CHECK(watcher.kinds() == Kinds{"submitted", "granted", "failed"});
  CHECK(watcher.rows.at(2).at("dead_letter").as<bool>());
  broker.take<Results>(client);
  broker.send(client, Command{901, DropDeadLetter{id(3).to_string()}});
  broker.take<Reply>(client);
  CHECK(watcher.kinds() == Kinds{"dropped"});
  // The client falls silent, so the results of the cancelled task and of the expired one are never fetched.
  const auto other = broker.client();
  broker.advance_alive(40s, {other});
  Watcher later{broker, other};
  later.cursor = watcher.cursor;
  CHECK(later.kinds() == Kinds{"forgotten", "forgotten"});
}

TEST_CASE("a question waits until something happens that it is about, and ten seconds at most") {
  Broker broker;
  const auto client = broker.client();
  TaskFilter filter;
  filter.queue = "other";
  Watcher watcher{broker, client, filter};
  watcher.begin();
  const std::string first = watcher.cursor;
  watcher.ask();
  CHECK_FALSE(watcher.answered());
  broker.submit(client, {task(1)});  // in another queue
  CHECK_FALSE(watcher.answered());
  broker.advance_alive(9s, {client});
  CHECK_FALSE(watcher.answered());
  broker.advance_alive(2s, {client});
  REQUIRE(watcher.answered());
  CHECK(watcher.events.empty());
  CHECK(watcher.missed.empty());
  CHECK(watcher.cursor != first);  // the event is behind it
  watcher.ask();
  broker.submit(client, {Submission{id(2), std::make_shared<const TaskSpec>(TaskSpec{"other", "t.echo", 0, {}}),
                                    Payload::copy("arguments")}});
  REQUIRE(watcher.answered());
  CHECK(watcher.events.size() == 1);
}

TEST_CASE("the filter chooses by name, state and id") {
  Broker broker;
  const auto client = broker.client();
  const auto watch = [&](TaskFilter filter) {
    Watcher watcher{broker, client, std::move(filter)};
    watcher.begin();
    return watcher.cursor;
  };
  const std::string cursor = watch({});
  broker.submit(client, {task(1), task(2)});
  const auto worker = broker.worker(1);
  const auto kinds = [&](TaskFilter filter) {
    Watcher watcher{broker, client, std::move(filter)};
    watcher.cursor = cursor;
    return watcher.kinds();
  };
  CHECK(kinds({}) == Kinds{"submitted", "submitted", "granted"});
  TaskFilter filter;
  filter.state = "running";
  CHECK(kinds(filter) == Kinds{"granted"});
  filter = {};
  filter.id = id(2).to_string().substr(0, 36);
  CHECK(kinds(filter) == Kinds{"submitted"});
  filter = {};
  filter.name = "t.other";
  CHECK(kinds(filter).empty());
}

TEST_CASE("a client that exports traces is told the ends of attempts of tasks with a trace, and nothing else") {
  Broker broker;
  const auto client = broker.client();
  TaskFilter filter;
  filter.ends = true;
  filter.traced = true;
  Watcher watcher{broker, client, filter};
  watcher.begin();
  Watcher of_ends{broker, client, [] {
                    TaskFilter ends;
                    ends.ends = true;
                    return ends;
                  }()};
  of_ends.begin();
  TaskOptions traced;
  traced.max_attempts = 2;
  traced.backoff.initial = 1s;
  traced.retry_errors = true;
  traced.headers = {{"traceparent", "00-1-2-01"}, {"tracestate", "vendor=1"}};
  TaskOptions other;
  other.headers = {{"tracestate", "vendor=1"}};
  broker.submit(client, {task(1, traced), task(2, other)});
  const auto worker = broker.worker(10);
  for (const auto& granted : broker.grants(worker)) broker.fail(worker, granted.grant);
  broker.advance(2s);
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  CHECK(watcher.kinds() == Kinds{"retried", "succeeded"});
  for (const Row& row : watcher.rows) {
    CHECK(row.at("id").as<std::string>() == id(1).to_string());
    CHECK(row.at("traceparent").as<std::string>() == "00-1-2-01");
    CHECK(row.at("tracestate").as<std::string>() == "vendor=1");
  }
  CHECK(of_ends.kinds() == Kinds{"retried", "failed", "succeeded"});
}

TEST_CASE("a filter or a cursor that makes no sense is a bad request") {
  Broker broker;
  const auto client = broker.client();
  TaskFilter filter;
  filter.state = "asleep";
  Watcher wrong{broker, client, filter};
  wrong.ask();
  REQUIRE(wrong.answered());
  CHECK(wrong.code == Errc::bad_request);
  Watcher watcher{broker, client};
  watcher.begin();
  const std::string run = watcher.cursor.substr(0, watcher.cursor.find('-'));
  for (const std::string& cursor : {std::string{"x"}, std::string{"-"}, run, run + "-", run + "-1x", run + "--1",
                                    run + "-99999999999999999999", run + "-1000"}) {
    CAPTURE(cursor);
    watcher.cursor = cursor;
    watcher.ask();
    REQUIRE(watcher.answered());
    CHECK(watcher.code == Errc::bad_request);
  }
}

TEST_CASE("cursors are read as they are written") {
  const EventCursor cursor{0xFEDCBA9876543210, 18446744073709551615U};
  const auto read = EventCursor::parse(cursor.to_string());
  REQUIRE(read.has_value());
  CHECK(read->run == cursor.run);
  CHECK(read->position == cursor.position);
}

TEST_CASE("the ring keeps no more events and bytes than it may, and a slow client is told what it has missed") {
  CoreOptions options;
  options.events.most = 10;
  Broker broker{options};
  const auto client = broker.client();
  Watcher watcher{broker, client};
  watcher.begin();
  for (std::uint64_t n = 1; n <= 25; ++n) broker.submit(client, {task(n)});
  CHECK(broker.core().state().events.size() == 10);
  watcher.ask();
  REQUIRE(watcher.answered());
  CHECK(watcher.missed.at("from").as<int>() == 0);
  CHECK(watcher.missed.at("to").as<int>() == 15);
  CHECK_FALSE(watcher.missed.at("restarted").as<bool>());
  CHECK(watcher.events.size() == 10);
  CHECK(watcher.events.at(0).at("at").as<int>() == 15);
  EventRing small{{.most = 1000, .bytes = 5000}};
  small.turn_on();
  for (int i = 0; i < 100; ++i) {
    TaskSpec spec{"default", "t.echo", 0, {}};
    spec.options.label = std::string(100, 'x');
    small.note([&] {
      TaskEvent event;
      event.spec = std::make_shared<const TaskSpec>(spec);
      return event;
    });
    CHECK(small.bytes() <= 5000);
  }
  CHECK(small.end() == 100);
  CHECK(small.size() < 100);
  CHECK(small.size() > 1);
}

TEST_CASE("while no client watches, events are counted and not kept, and a client that comes back is told how many") {
  Broker broker;
  const auto client = broker.client();
  broker.submit(client, {task(1)});
  CHECK(broker.core().state().events.size() == 0);
  Watcher watcher{broker, client};
  watcher.begin();
  broker.submit(client, {task(2)});
  CHECK(broker.core().state().events.size() == 1);
  broker.advance_alive(59s, {client});
  CHECK(broker.core().state().events.is_on());
  broker.advance_alive(2s, {client});
  CHECK_FALSE(broker.core().state().events.is_on());
  CHECK(broker.core().state().events.bytes() == 0);
  broker.submit(client, {task(3)});
  watcher.ask();
  REQUIRE(watcher.answered());
  CHECK(watcher.events.empty());
  CHECK(watcher.missed.at("from").as<int>() == 1);
  CHECK(watcher.missed.at("to").as<int>() == 3);
}

TEST_CASE("a cursor of an earlier run of the broker is answered with what was missed, never reused") {
  MemoryStore store{"store", true};
  Broker broker{{}, &store};
  auto client = broker.client();
  Watcher watcher{broker, client};
  watcher.begin();
  broker.submit(client, {task(1), task(2), task(3)});
  CHECK(watcher.kinds().size() == 3);
  broker.restart();
  client = broker.client();
  Watcher first{broker, client};
  first.begin();  // the broker keeps events from here on
  broker.submit(client, {task(4)});
  Watcher later{broker, client};
  later.cursor = watcher.cursor;
  later.ask();
  REQUIRE(later.answered());
  CHECK(later.missed.at("restarted").as<bool>());
  CHECK(later.missed.at("to").as<int>() == 0);
  REQUIRE(later.events.size() == 1);
  CHECK(later.events[0].at("id").as<std::string>() == id(4).to_string());
}

TEST_CASE("events are told when a crash cannot take them back") {
  MemoryStore store{"store", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  Watcher watcher{broker, client};
  watcher.begin();
  watcher.ask();
  broker.hold_commits();
  broker.submit(client, {task(1)});
  CHECK_FALSE(watcher.answered());
  broker.release_commits();
  CHECK(watcher.answered());
}

TEST_CASE("a client is told of the tasks that it may see only") {
  Principals site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto boss = site.client(Principals::kOperator);
  Watcher of_alice{site.broker, alice};
  Watcher of_bob{site.broker, bob};
  Watcher of_boss{site.broker, boss};
  for (Watcher* watcher : {&of_alice, &of_bob, &of_boss}) watcher->begin();
  site.broker.submit(alice, {task(1)});
  site.broker.submit(bob, {task(1)});  // the same id: another task
  CHECK(of_alice.kinds() == Kinds{"submitted"});
  CHECK(of_bob.kinds() == Kinds{"submitted"});
  CHECK(of_bob.rows.at(0).at("id").as<std::string>() == id(1).to_string());
  CHECK(of_boss.kinds() == Kinds{"submitted", "submitted"});
  CHECK(of_boss.rows.at(1).at("id").as<std::string>() != id(1).to_string());
  site.bob.manage = {"default"};
  Watcher manager{site.broker, bob};
  manager.begin();
  site.broker.submit(alice, {task(2)});
  CHECK(manager.kinds() == Kinds{"submitted"});
}

TEST_CASE("no more questions wait than may, and those of clients that are gone do not count") {
  Broker broker;
  const auto client = broker.client();
  Watcher watcher{broker, client};
  watcher.begin();
  const auto pull = [&](std::uint64_t number) {
    broker.send(client, Query{1000 + number, QueryKind::events, watcher.cursor});
    const auto replies = broker.take<Reply>(client);
    return replies.empty() ? Errc::ok : replies.at(0).code;
  };
  for (std::uint64_t n = 0; n < EventPulls::kMaxOfClient; ++n) CHECK(pull(n) == Errc::ok);
  CHECK(pull(0) == Errc::ok);  // the same question again takes no further place
  CHECK(pull(999) == Errc::too_many_waiting);
  broker.submit(client, {task(1)});
  CHECK(broker.take<Reply>(client).size() == EventPulls::kMaxOfClient);
}

TEST_CASE("what the broker does for clients that watch is bounded in time") {
  EventBudget budget;
  budget.refill(Instant{0});
  budget.spend(EventBudget::kMost);
  CHECK(budget.is_empty());
  budget.refill(Instant{-5});
  CHECK(budget.is_empty());
  budget.refill(Instant{10});
  CHECK_FALSE(budget.is_empty());
  budget.spend(EventBudget::kLook + EventBudget::kTell);
  CHECK(budget.is_empty());
  budget.refill(Instant{1h});
  budget.spend(EventBudget::kMost);
  CHECK(budget.is_empty());
}

TEST_CASE("with many events, a client gets them in answers of bounded size, as far as there is budget") {
  Broker broker;
  const auto client = broker.client();
  Watcher watcher{broker, client};
  watcher.begin();
  for (std::uint64_t n = 1; n <= 20; ++n) {
    std::vector<Submission> tasks;
    for (std::uint64_t i = 0; i < 400; ++i) tasks.push_back(task(1000 * n + i));
    broker.submit(client, std::move(tasks));
  }
  watcher.ask();
  REQUIRE(watcher.answered());
  CHECK(watcher.events.size() == EventPulls::kMaxRows);
  std::size_t told = watcher.events.size();
  std::uint64_t next = EventPulls::kMaxRows;
  for (int rounds = 0; told < 8000 && rounds < 1000; ++rounds) {
    watcher.ask();
    while (!watcher.answered()) broker.advance(10ms);  // the budget is spent meanwhile
    CHECK(watcher.missed.empty());
    for (const Row& row : watcher.events) CHECK(row.at("at").as<std::uint64_t>() == next++);
    told += watcher.events.size();
  }
  CHECK(told == 8000);
}

TEST_CASE("the metrics count events, what is kept, and who watches") {
  Broker broker;
  const auto client = broker.client();
  Watcher watcher{broker, client};
  watcher.begin();
  broker.submit(client, {task(1), task(2)});
  CHECK(watcher.kinds().size() == 2);  // and asks again
  const Answer answer = ask(broker, client, QueryKind::metrics);
  const auto events = answer.body.at("events").as<Row>();
  CHECK(events.at("happened").as<int>() == 2);
  CHECK(events.at("kept").as<int>() == 2);
  CHECK(events.at("subscribers").as<int>() == 1);
  CHECK(events.at("told").as<int>() == 2);
  CHECK(events.at("missed").as<int>() == 0);
}

}  // namespace forkmill::broker::test::events_test
