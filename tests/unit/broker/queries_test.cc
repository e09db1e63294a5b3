// Queries: what they show of the cluster, and of one task.
#include <doctest/doctest.h>

#include "tests/unit/broker/queries_kit.h"

namespace queries_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;
using forkmill::broker::test::id;

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

}  // namespace queries_test
