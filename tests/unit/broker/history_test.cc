// The history of finished tasks, as the core notes it and operators ask for it.
#include <msgpack.hpp>
#include <sstream>

#include "tests/unit/broker/principals_kit.h"

namespace history_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::FinishedTask;
using forkmill::broker::HistoryQueries;
using forkmill::broker::MemoryStore;
using forkmill::broker::test::id;

namespace {

CoreOptions with_history() {
  CoreOptions options;
  options.history = true;
  options.result_ttl = 1s;
  return options;
}

Reply ask(Broker& broker, const Broker::Peer& client, Message message) {
  broker.take<Reply>(client);
  broker.send(client, std::move(message));
  const auto replies = broker.take<Reply>(client);
  REQUIRE(replies.size() == 1);
  return replies[0];
}

std::string text_of(const Reply& reply) {
  if (reply.code != Errc::ok) return std::string{errc_name(reply.code)} + ": " + reply.text;
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
  std::ostringstream text;
  text << handle.get();
  return text.str();
}

std::string show(Broker& broker, const Broker::Peer& client, const std::string& named) {
  return text_of(ask(broker, client, Query{5, QueryKind::task, named, {}}));
}
std::string list(Broker& broker, const Broker::Peer& client, TaskFilter filter = {}) {
  filter.finished = true;
  return text_of(ask(broker, client, Query{5, QueryKind::tasks, "", filter}));
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}
bool lacks(const std::string& text, const std::string& part) {
  INFO(text);
  const bool found = text.find(part) != std::string::npos;
  CHECK(!found);
  return !found;
}

// Lets the clients fetch the results of all tasks, and the broker forget them.
void forget_results(Broker& broker, const std::vector<Broker::Peer>& clients, const Broker::Peer& worker) {
  for (const Broker::Peer& client : clients)
    for (std::uint64_t seq = 1; seq < 400; ++seq) broker.send(client, ResultAck{{MessageSeq{seq}}});
  std::vector<Broker::Peer> all = clients;
  all.push_back(worker);
  broker.advance_alive(10s, all);
}

}  // namespace

TEST_CASE("a task is found in the history when its result is no longer kept, and is marked") {
  MemoryStore store{"s", true};
  Broker broker{with_history(), &store};
  const auto client = broker.client();
  const auto worker = broker.worker(100);
  broker.submit(client, {task(1)});
  broker.succeed(worker, broker.grants(worker).at(0).grant, "twelve bytes");
  has(show(broker, client, id(1).to_string()), "\"state\":\"succeeded\"");
  lacks(show(broker, client, id(1).to_string()), "\"history\":true");
  has(list(broker, client), "\"history\":false}]");
  forget_results(broker, {client}, worker);
  for (const std::string& named : {id(1).to_string(), id(1).to_string().substr(0, 13)}) {
    const std::string shown = show(broker, client, named);
    has(shown, "\"id\":\"" + id(1).to_string() + "\",\"history\":true,\"queue\":\"default\",\"name\":\"t.echo\"");
    has(shown, "\"state\":\"succeeded\",\"attempt\":1,\"max_attempts\":3");
    has(shown, "\"worker\":\"worker\",\"result_bytes\":12");
    has(shown, "\"attempts\":[{\"attempt\":1,\"outcome\":\"succeeded\"");
  }
  const std::string listed = list(broker, client);
  has(listed, "\"id\":\"" + id(1).to_string() + "\"");
  has(listed, "\"history\":true}],\"next\":0,\"history\":true}");
}

TEST_CASE("the history has the error, and the earlier attempts, in bounded texts") {
  MemoryStore store{"s", true};
  CoreOptions options = with_history();
  options.dead_letters = 0;
  Broker broker{options, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(100);
  TaskOptions retried;
  retried.max_attempts = 2;
  retried.retry_errors = true;
  broker.submit(client, {task(1, retried)});
  ErrorReport report;
  report.code = Errc::handler_error;
  report.type = "std::runtime_error";
  report.message = std::string(5000, 'm');
  report.backtrace = "a long trace";
  broker.fail(worker, broker.grants(worker).at(0).grant);
  broker.advance_alive(2min, {client, worker});
  broker.finish(worker, broker.grants(worker).at(0).grant, {OutcomeKind::failed, {}, "", {}, report});
  REQUIRE(broker.history.size() == 1);
  const FinishedTask& kept = broker.history[0];
  CHECK(kept.outcome.error->message == std::string(FinishedTask::kMaxMessage, 'm'));
  CHECK(kept.outcome.error->backtrace.empty());
  REQUIRE(kept.earlier.size() == 1);
  CHECK(kept.earlier[0].message == "it broke");
  forget_results(broker, {client}, worker);
  const std::string shown = show(broker, client, id(1).to_string());
  has(shown, "\"code\":\"handler_error\",\"error\":{\"code\":\"handler_error\",\"type\":\"std::runtime_error\"");
  has(shown, "\"attempts\":[{\"attempt\":1,\"outcome\":\"failed\"");
  has(shown, "{\"attempt\":2,\"outcome\":\"failed\"");
}

TEST_CASE("the history is listed by the filters of live tasks, page by page, the latest ends first") {
  Broker broker{with_history()};
  const auto client = broker.client();
  const auto worker = broker.worker(100);
  for (std::uint64_t n = 1; n <= 6; ++n) {
    Submission one = task(n);
    if (n % 2 == 0) one.edit().queue = "other";
    broker.submit(client, {one});
  }
  broker.worker(100, {"other"});
  for (const auto& grant : broker.grants(worker)) broker.succeed(worker, grant.grant);
  TaskFilter filter;
  filter.queue = "default";
  filter.most = 2;
  const std::string first = list(broker, client, filter);
  has(first, id(5).to_string());
  has(first, id(3).to_string());
  lacks(first, id(1).to_string());
  has(first, "\"next\":2,");
  filter.before = TaskSeq{2};
  const std::string second = list(broker, client, filter);
  has(second, id(1).to_string());
  has(second, "\"next\":0,");
  lacks(second, id(3).to_string());
  filter = {};
  filter.state = "failed";
  lacks(list(broker, client, filter), id(1).to_string());
  filter.state = "ready";
  CHECK(list(broker, client, filter).starts_with("bad_request: no task of the history is ready"));
  filter.state = "odd";
  CHECK(list(broker, client, filter).starts_with("bad_request: no state 'odd'"));
}

TEST_CASE("principals find their own tasks in the history only") {
  Principals site{nullptr, with_history()};
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto boss = site.client(Principals::kOperator);
  const auto worker = site.broker.worker(9);
  site.broker.submit(alice, {task(1)});
  site.broker.submit(bob, {task(2)});
  for (const auto& grant : site.broker.grants(worker)) site.broker.succeed(worker, grant.grant);
  forget_results(site.broker, {alice, bob, boss}, worker);
  const std::string seen = list(site.broker, alice);
  has(seen, id(1).to_string());
  lacks(seen, id(2).to_string());
  CHECK(show(site.broker, alice, id(2).to_string()) == "task_unknown: no task has the id '" + id(2).to_string() + "'");
  has(show(site.broker, bob, id(2).to_string()), "\"history\":true");
  const std::string all = list(site.broker, boss);
  has(all, id(1).to_string());
  has(all, id(2).to_string());
  has(show(site.broker, boss, id(2).to_string()), "\"principal\":\"bob\"");
}

TEST_CASE("changes of a task that only the history has are refused, and say why") {
  CoreOptions options = with_history();
  options.dead_letters = 0;
  Broker broker{options};
  const auto client = broker.client();
  const auto worker = broker.worker(9);
  broker.submit(client, {task(1)});
  broker.fail(worker, broker.grants(worker).at(0).grant);
  forget_results(broker, {client}, worker);
  const std::string named = id(1).to_string();
  for (const AnyCommand& order : {AnyCommand{RetryDeadLetter{named, id(9)}}, AnyCommand{DropDeadLetter{named}},
                                  AnyCommand{SendSignal{named, 15}}}) {
    const std::string reply = text_of(ask(broker, client, Command{6, order}));
    CHECK(reply.starts_with("bad_request: task " + named + " is failed, and only its history is kept"));
  }
  CHECK(broker.core().state().tasks.size() == 0);
  CHECK(text_of(ask(broker, client, Command{7, RetryDeadLetter{id(5).to_string(), id(9)}})) ==
        "task_unknown: no task has the id '" + id(5).to_string() + "'");
  ChangeTasks all;
  all.id = id(10);
  all.filter.finished = true;
  CHECK(
      text_of(ask(broker, client, Command{8, all})).starts_with("bad_request: tasks of the history cannot be changed"));
}

TEST_CASE("a broker without a history says so, and knows no finished tasks but those whose results it keeps") {
  CoreOptions options;
  options.result_ttl = 1s;
  Broker broker{options};
  const auto client = broker.client();
  const auto worker = broker.worker(9);
  broker.submit(client, {task(1)});
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  forget_results(broker, {client}, worker);
  CHECK(broker.history.empty());
  CHECK(list(broker, client).starts_with("bad_request: this broker keeps no history of finished tasks"));
  CHECK(show(broker, client, id(1).to_string()).starts_with("task_unknown"));
}

TEST_CASE("a history that cannot be read is an error of the question, and of nothing else") {
  Broker broker{with_history()};
  const auto client = broker.client();
  broker.history_failure = "the disk is gone";
  CHECK(list(broker, client) == "history_unavailable: the disk is gone");
  CHECK(show(broker, client, id(1).to_string()) == "history_unavailable: the disk is gone");
  broker.history_failure.clear();
  CHECK(show(broker, client, id(1).to_string()).starts_with("task_unknown"));
}

TEST_CASE("the beginning of an id that several finished tasks have names none of them") {
  Broker broker{with_history()};
  const auto client = broker.client();
  const auto worker = broker.worker(9);
  broker.submit(client, {task(1), task(2)});
  for (const auto& grant : broker.grants(worker)) broker.succeed(worker, grant.grant);
  forget_results(broker, {client}, worker);
  CHECK(show(broker, client, id(1).to_string().substr(0, 20)).starts_with("task_unknown: several finished tasks"));
  has(show(broker, client, id(2).to_string()), "\"history\":true");
}

TEST_CASE("a slow history refuses further questions, and does not hold up others") {
  MemoryStore store{"s", true};
  Broker broker{with_history(), &store};
  const auto client = broker.client();
  broker.hold_commits();
  for (std::size_t n = 0; n < HistoryQueries::kMaxWaiting + 3; ++n)
    broker.send(client, Query{100 + n, QueryKind::task, id(77).to_string(), {}});
  const auto refused = broker.take<Reply>(client);
  REQUIRE(refused.size() == 3);
  CHECK(refused[0].code == Errc::too_many_waiting);
  broker.send(client, Query{5, QueryKind::status, "", {}});
  CHECK(broker.take<Reply>(client).at(0).code == Errc::ok);
  broker.release_commits();
  CHECK(broker.take<Reply>(client).size() == HistoryQueries::kMaxWaiting);
}

TEST_CASE("the audit log has the end of a command whose client left before the history was searched") {
  MemoryStore store{"s", true};
  CoreOptions options = with_history();
  options.audit = true;
  Broker broker{options, &store};
  const auto client = broker.client();
  broker.hold_commits();
  broker.send(client, Command{6, DropDeadLetter{id(77).to_string()}});
  broker.send(client, Goodbye{});
  broker.drain_audit();
  broker.release_commits();
  const auto lines = broker.drain_audit();
  REQUIRE(lines.size() == 1);
  has(lines[0], "\"event\":\"command\"");
  has(lines[0], "\"outcome\":\"task_unknown\"");
}

}  // namespace history_test
