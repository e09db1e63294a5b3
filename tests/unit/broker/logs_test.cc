// Logs of attempts: who may add to them, how much is kept, and what operators are told.
#include <msgpack.hpp>

#include "broker/core/logs/task_logs.h"
#include "tests/unit/broker/broker.h"

namespace logs_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::AttemptLog;
using forkmill::broker::CoreOptions;
using forkmill::broker::QueueOptions;
using forkmill::broker::TaskLogs;
using forkmill::broker::test::id;

namespace {

LogNote note(const Grant& grant, std::uint64_t position, const std::string& text, bool last = false) {
  return {grant, {{position, LogSource::output, 0, text}}, position + text.size(), last};
}

// The answer to QUERY logs.
struct Log {
  Errc code = Errc::ok;
  std::string text;  // all texts, with "<n>" for n missing bytes
  std::uint64_t missing = 0;
  std::uint64_t next = 0;
  bool complete = false;
};

class Site {
 public:
  explicit Site(CoreOptions options = {}) : broker{std::move(options)} {}

  Broker::Peer logging_worker() {
    Hello hello = Broker::worker_hello();
    hello.instance = ++instances_;
    hello.worker.logs = true;
    Broker::Peer peer = broker.connect(hello);
    broker.send(peer, Credit{1000});
    return peer;
  }
  Grant granted(const Broker::Peer& worker) {
    const auto tasks = broker.grants(worker);
    REQUIRE(tasks.size() == 1);
    return tasks[0].grant;
  }
  void say(const Broker::Peer& worker, LogNote note) { broker.send(worker, Logs{{std::move(note)}}); }
  Log log(std::uint64_t task, std::uint32_t attempt = 0, std::uint64_t from = 0) {
    Query query{++queries_, QueryKind::logs, id(task).to_string()};
    query.attempt = attempt;
    query.from = from;
    broker.send(client, query);
    const auto replies = broker.take<Reply>(client);
    REQUIRE(replies.size() == 1);
    Log log;
    log.code = replies[0].code;
    if (log.code != Errc::ok) return log;
    const auto body = msgpack::unpack(replies[0].body.view().data(), replies[0].body.view().size());
    auto map = body.get().as<std::map<std::string, msgpack::object>>();
    log.missing = map.at("missing").as<std::uint64_t>();
    log.next = map.at("next").as<std::uint64_t>();
    log.complete = map.at("complete").as<bool>();
    std::uint64_t position = from;
    for (auto& row : map.at("texts").as<std::vector<std::map<std::string, msgpack::object>>>()) {
      const auto at = row.at("position").as<std::uint64_t>();
      const auto text = row.at("text").as<std::string>();
      if (at > position) log.text += "<" + std::to_string(at - position) + ">";
      log.text += text;
      position = at + text.size();
    }
    return log;
  }

  Broker broker;
  Broker::Peer client = broker.client();

 private:
  std::uint64_t queries_ = 0;
  std::uint64_t instances_ = 0;
};

}  // namespace

TEST_CASE("operators read what a running attempt has printed, and go on from where they were") {
  Site site;
  const auto worker = site.logging_worker();
  CHECK(worker.welcome.log_bytes == 64 * 1024);
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  site.say(worker, note(grant, 0, "one\n"));
  auto log = site.log(1);
  CHECK(log.text == "one\n");
  CHECK(log.next == 4);
  CHECK_FALSE(log.complete);
  site.say(worker, note(grant, 4, "two\n"));
  CHECK(site.log(1, 0, 4).text == "two\n");
  CHECK(site.log(1).text == "one\ntwo\n");
  site.broker.succeed(worker, grant);
  log = site.log(1);
  CHECK(log.text == "one\ntwo\n");
  CHECK(log.complete);
}

TEST_CASE("the log of an attempt may end after its outcome, if its worker has said so") {
  Site site;
  const auto worker = site.logging_worker();
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  OutcomeRecord record{grant, {OutcomeKind::succeeded, {}, "", Payload::copy("r"), {}}};
  record.logs_follow = true;
  site.broker.send(worker, Outcomes{{record}, 1000});
  CHECK_FALSE(site.log(1).complete);
  site.say(worker, note(grant, 0, "last words", true));
  CHECK(site.log(1).text == "last words");
  CHECK(site.log(1).complete);
  site.say(worker, note(grant, 10, "more"));
  CHECK(site.log(1).text == "last words");
}

TEST_CASE("a worker that goes away completes its logs") {
  Site site;
  const auto worker = site.logging_worker();
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  OutcomeRecord record{grant, {OutcomeKind::succeeded, {}, "", Payload::copy("r"), {}}};
  record.logs_follow = true;
  site.broker.send(worker, Outcomes{{record}, 1000});
  site.broker.send(worker, Goodbye{});
  CHECK(site.log(1).complete);
}

TEST_CASE("a log whose last note was lost is over when nothing has come for as long as a session may be silent") {
  Site site;
  const auto worker = site.logging_worker();
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  site.say(worker, note(grant, 0, "some"));
  const auto alive = [&](Instant by) { site.broker.advance_alive(by, {worker, site.client}); };
  alive(15s);
  CHECK_FALSE(site.log(1).complete);  // the attempt runs
  OutcomeRecord record{grant, {OutcomeKind::succeeded, {}, "", Payload::copy("r"), {}}};
  record.logs_follow = true;
  site.broker.send(worker, Outcomes{{record}, 1000});
  alive(8s);
  site.say(worker, note(grant, 4, " more"));
  alive(8s);
  CHECK_FALSE(site.log(1).complete);
  alive(4s);
  CHECK(site.log(1).complete);
  site.say(worker, note(grant, 9, ", late", true));
  CHECK(site.log(1).text == "some more, late");
}

TEST_CASE("only the worker that has the grant adds to a log") {
  Site site;
  const auto worker = site.logging_worker();
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  const auto other = site.logging_worker();
  site.say(other, note(grant, 0, "forged"));
  CHECK(site.log(1).text.empty());
  site.say(worker, note({grant.epoch, grant.seq, grant.attempt.next()}, 0, "the next attempt"));
  site.say(worker, note({grant.epoch, TaskSeq{77}, grant.attempt}, 0, "another task"));
  CHECK(site.log(1).text.empty());
  site.say(worker, note(grant, 0, "real"));
  site.broker.succeed(worker, grant);
  site.say(other, note(grant, 4, "forged"));
  site.say(worker, note(grant, 4, "too late"));
  CHECK(site.log(1).text == "real");
  CHECK(site.broker.core().state().tasks.logs.tasks() == 1);
}

TEST_CASE("two attempts have a log each") {
  Site site;
  const auto worker = site.logging_worker();
  TaskOptions options;
  options.retry_errors = true;
  options.backoff = {0ms, 0ms, 0};
  site.broker.submit(site.client, {task(1, options)});
  const Grant first = site.granted(worker);
  site.say(worker, note(first, 0, "first"));
  site.broker.fail(worker, first);
  site.broker.advance(1ms);
  const Grant second = site.granted(worker);
  site.say(worker, note(second, 0, "second"));
  CHECK(site.log(1).text == "second");
  CHECK_FALSE(site.log(1).complete);
  CHECK(site.log(1, 1).text == "first");
  CHECK(site.log(1, 1).complete);
  CHECK(site.log(1, 3).text.empty());
}

TEST_CASE("of a long log the first bytes and the newest are kept, and the answer tells what is missing") {
  CoreOptions options;
  options.queue.log_bytes = 16 * 1024;
  Site site{options};
  const auto worker = site.logging_worker();
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  std::uint64_t position = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string text(1000, static_cast<char>('a' + i % 26));
    site.say(worker, note(grant, position, text));
    position += text.size();
  }
  const Log log = site.log(1);
  CHECK(log.text.starts_with("aaaa"));
  CHECK(log.text.ends_with(std::string(1000, static_cast<char>('a' + 99 % 26))));
  CHECK(log.text.size() < 17 * 1024);
  CHECK(log.missing > 80'000);
  CHECK(log.next == position);
  CHECK(site.broker.core().state().tasks.logs.bytes() < 17 * 1024);
}

TEST_CASE("pieces that come twice or in the wrong order are dropped") {
  Site site;
  const auto worker = site.logging_worker();
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  site.say(worker, note(grant, 0, "abc"));
  site.say(worker, note(grant, 0, "abc"));
  site.say(worker, note(grant, 10, "xyz"));
  site.say(worker, note(grant, 5, "late"));
  site.say(worker, note(grant, ~std::uint64_t{0} - 1, "overflow"));
  CHECK(site.log(1).text == "abc<7>xyz");
}

TEST_CASE("a queue without logs keeps none, and its workers are told so") {
  CoreOptions options;
  QueueOptions quiet;
  quiet.log_bytes = 0;
  options.queues["default"] = quiet;
  Site site{options};
  const auto worker = site.logging_worker();
  const auto told = site.broker.take<LogLimits>(worker);
  REQUIRE(told.size() == 1);
  CHECK(told[0].limits == std::vector<QueueLogLimit>{{"default", 0}});
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  site.say(worker, note(grant, 0, "unwanted"));
  CHECK(site.log(1).text.empty());
  CHECK(site.broker.core().state().tasks.logs.tasks() == 0);

  site.broker.send(site.client, Command{1, LimitQueue{"default", false, 0, 0, 0, 1000}});
  CHECK(site.broker.take<LogLimits>(worker)[0].limits == std::vector<QueueLogLimit>{{"default", 1000}});
  site.broker.take<Reply>(site.client);
  site.say(worker, note(grant, 8, "wanted"));
  CHECK(site.log(1).text == "<8>wanted");
}

TEST_CASE("earlier workers are not told limits, and logs end with their tasks") {
  CoreOptions options;
  options.queues["default"] = QueueOptions{};
  options.queues["default"].log_bytes = 5000;
  options.kept_results = 0;
  Site site{options};
  const auto worker = site.broker.worker(10);
  CHECK(site.broker.take<LogLimits>(worker).empty());
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  site.say(worker, note(grant, 0, "text"));
  CHECK(site.broker.core().state().tasks.logs.tasks() == 1);
  site.broker.succeed(worker, grant);
  site.broker.take<Results>(site.client);
  site.broker.send(site.client, ResultAck{{site.broker.last_taken()}});
  CHECK(site.broker.core().state().tasks.logs.tasks() == 0);
  CHECK(site.broker.core().state().tasks.logs.bytes() == 0);
  CHECK(site.log(1).code == Errc::task_unknown);
}

TEST_CASE("while memory is full nothing is kept") {
  Site site;
  const auto worker = site.logging_worker();
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  site.broker.core().set_memory_full(true);
  site.say(worker, note(grant, 0, "text"));
  CHECK(site.broker.core().state().tasks.logs.tasks() == 0);
}

TEST_CASE("while memory is full a log takes no texts, but who follows it learns that it is over") {
  Site site;
  const auto worker = site.logging_worker();
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  site.say(worker, note(grant, 0, "one"));
  OutcomeRecord record{grant, {OutcomeKind::succeeded, {}, "", Payload::copy("r"), {}}};
  record.logs_follow = true;
  site.broker.send(worker, Outcomes{{record}, 1000});
  site.broker.core().set_memory_full(true);
  CHECK_FALSE(site.log(1).complete);
  site.say(site.logging_worker(), note(grant, 3, "forged", true));
  CHECK_FALSE(site.log(1).complete);
  site.say(worker, note(grant, 3, "two", true));
  const auto log = site.log(1);
  CHECK(log.text == "one");
  CHECK(log.missing == 3);
  CHECK(log.next == 6);
  CHECK(log.complete);
}

TEST_CASE("when the budget is used up, the tasks that ended first give way") {
  TaskLogs logs;
  logs.set_budget(10'000);
  const auto grant = [](std::uint64_t seq) { return Grant{Epoch{1}, TaskSeq{seq}, Attempt{1}}; };
  const std::uint64_t worker = 1;
  for (std::uint64_t seq = 1; seq <= 3; ++seq)
    logs.add(note(grant(seq), 0, std::string(2000, 'x')), worker, 64 * 1024, 0ms);
  logs.task_ended(TaskSeq{2});
  logs.task_ended(TaskSeq{1});
  for (std::uint64_t seq = 4; seq <= 5; ++seq)
    logs.add(note(grant(seq), 0, std::string(2000, 'x')), worker, 64 * 1024, 0ms);
  CHECK(logs.bytes() <= 10'000);
  CHECK(logs.of(TaskSeq{2}) == nullptr);
  CHECK(logs.of(TaskSeq{1}) != nullptr);
  CHECK(logs.of(TaskSeq{3}) != nullptr);
  CHECK(logs.meter().dropped_ended == 1);
  CHECK(logs.meter().dropped_unfinished == 0);
  for (std::uint64_t seq = 6; seq <= 50; ++seq)
    logs.add(note(grant(seq), 0, std::string(2000, 'x')), worker, 64 * 1024, 0ms);
  CHECK(logs.bytes() <= 10'000);
  CHECK(logs.of(TaskSeq{50}) != nullptr);
  CHECK(logs.meter().dropped_ended == 2);
  CHECK(logs.meter().dropped_unfinished == 50 - 2 - logs.tasks());
  CHECK(logs.meter().printed == 50 * 2000);
  CHECK(logs.meter().missing == 0);
  for (std::uint64_t seq = 1; seq <= 50; ++seq) logs.forget(TaskSeq{seq});
  CHECK(logs.bytes() == 0);
}

TEST_CASE("the metrics count what attempts have printed, and what of it is missing") {
  Site site;
  const auto worker = site.logging_worker();
  site.broker.submit(site.client, {task(1)});
  const Grant grant = site.granted(worker);
  site.say(worker, note(grant, 0, "one "));
  site.say(worker, note(grant, 10, "two "));
  site.broker.send(site.client, Query{77, QueryKind::metrics, ""});
  const auto replies = site.broker.take<Reply>(site.client);
  REQUIRE(replies.size() == 1);
  const auto body = msgpack::unpack(replies[0].body.view().data(), replies[0].body.view().size());
  auto logs =
      body.get().as<std::map<std::string, msgpack::object>>().at("logs").as<std::map<std::string, std::uint64_t>>();
  CHECK(logs.at("tasks") == 1);
  CHECK(logs.at("printed_bytes") == 14);
  CHECK(logs.at("missing_bytes") == 6);
  CHECK(logs.at("dropped_unfinished") == 0);
  CHECK(logs.at("kept_bytes") > 8);
  CHECK(logs.at("max_bytes") > logs.at("kept_bytes"));
}

TEST_CASE("many small pieces take no more memory than a few large ones") {
  AttemptLog log{Grant{Epoch{1}, TaskSeq{1}, Attempt{1}}, 64 * 1024};
  std::uint64_t position = 0;
  for (int i = 0; i < 100'000; ++i, position += 2)
    log.add({{}, {{position, i % 2 == 0 ? LogSource::output : LogSource::errors, 0, "x\n"}}, position + 2, false}, 0ms);
  CHECK(log.size() <= 64 * 1024 + AttemptLog::kRecord);
  CHECK(log.end() == position);
  CHECK(log.texts().front().position == 0);
  CHECK(log.texts().back().end() == position);
}

}  // namespace logs_test
