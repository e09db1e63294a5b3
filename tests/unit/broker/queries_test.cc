#include <msgpack.hpp>

#include "proto/wire/codec.h"
#include "tests/unit/broker/broker.h"

namespace queries_test {

using namespace forkmill;
using namespace forkmill::broker::test;
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
