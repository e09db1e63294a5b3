// Output and lines of handlers, as operators see them: live, after a crash, and each attempt by itself.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <forkmill/exec.h>

#include <map>
#include <msgpack.hpp>

#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace logs_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 60s;

struct Log {
  std::map<std::string, std::string> text;  // by source
  std::uint64_t missing = 0;
  bool complete = false;
};

Log log_of(Client& client, const TaskId& id, std::uint32_t attempt = 0) {
  Query query{.kind = QueryKind::logs, .argument = id.to_string(), .filter = {}, .attempt = attempt};
  const auto bytes = client.query(query).get_for(kLong).bytes;
  const auto body = msgpack::unpack(bytes.data(), bytes.size());
  auto map = body.get().as<std::map<std::string, msgpack::object>>();
  Log log;
  log.missing = map.at("missing").as<std::uint64_t>();
  log.complete = map.at("complete").as<bool>();
  for (auto& row : map.at("texts").as<std::vector<std::map<std::string, msgpack::object>>>())
    log.text[row.at("source").as<std::string>()] += row.at("text").as<std::string>();
  return log;
}

// The log when its last bytes have come.
Log whole_log_of(Client& client, const TaskId& id, std::uint32_t attempt = 0) {
  Log log;
  CHECK(eventually([&] { return (log = log_of(client, id, attempt)).complete; }));
  return log;
}

}  // namespace

TEST_CASE("a task's output and lines are shown while it runs, and whole when it has ended") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  auto talk = client.submit(kTalk, "a", cluster.path("started"), cluster.path("go"));
  REQUIRE(eventually([&] { return cluster.has("started"); }));
  Log log;
  CHECK(eventually([&] {
    log = log_of(client, talk.id());
    return log.text["stdout"] == "out a 1\n" && log.text["stderr"] == "err a 1\n" && log.text["log"] == "log a 1";
  }));
  CHECK_FALSE(log.complete);
  cluster.touch("go");
  CHECK(talk.get_for(kLong) == 1);
  log = whole_log_of(client, talk.id());
  CHECK(log.text["stdout"] == "out a 1\ndone a 1");
  CHECK(log.missing == 0);
}

TEST_CASE("a crash keeps the last lines, and the next attempt has a log of its own") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  auto talk = client.submit(kTalk, "crash", "", "");
  CHECK(talk.get_for(kLong) == 2);
  auto first = whole_log_of(client, talk.id(), 1);
  CHECK(first.text["stdout"] == "out crash 1\n");
  CHECK(first.text["stderr"] == "err crash 1\n");
  CHECK(first.text["log"] == "log crash 1");
  auto second = whole_log_of(client, talk.id());
  CHECK(second.text["stdout"] == "out crash 2\ndone crash 2");
}

TEST_CASE("the output of short tasks one after the other in one child is each one's own") {
  Cluster cluster;
  cluster.start_worker({"--processes", "1"});
  Client client{cluster.endpoint()};
  std::vector<Future<int>> talks;
  for (int i = 0; i < 300; ++i) talks.push_back(client.submit(kTalk, std::to_string(i), "", ""));
  for (auto& talk : talks) CHECK(talk.get_for(kLong) == 1);
  for (int i = 0; i < 300; ++i) {
    auto log = whole_log_of(client, talks[static_cast<std::size_t>(i)].id());
    const std::string line = std::to_string(i) + " 1";
    // A worker with too much to say drops the oldest: then a part is missing, but nothing is another task's.
    if (log.missing > 0) continue;
    CHECK(log.text["stdout"] == "out " + line + "\ndone " + line);
    CHECK(log.text["stderr"] == "err " + line + "\n");
    CHECK(log.text["log"] == "log " + line);
  }
}

TEST_CASE("the command follows a task to its end") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  auto talk = client.submit(kTalk, "\x1b[31mred", cluster.path("started"), cluster.path("go"));
  REQUIRE(eventually([&] { return cluster.has("started"); }));
  Process follow{{FORKMILL_PROGRAM, "task", "logs", "-f", "--broker", cluster.endpoint(), talk.id().to_string()},
                 cluster.path("follow.log")};
  CHECK(eventually([&] { return cluster.log("follow.log").find("out ") != std::string::npos; }));
  cluster.touch("go");
  CHECK(follow.exit_code() == 0);
  const std::string text = cluster.log("follow.log");
  CHECK(text.find("[warning] log \x1b[31mred 1\n") != std::string::npos);  // no terminal: as it is
  CHECK(text.ends_with("done \x1b[31mred 1\n"));
  const auto unknown = cluster.run(
      {FORKMILL_PROGRAM, "task", "logs", "--broker", cluster.endpoint(), "0190163d-8694-739b-8000-000000000000"});
  CHECK(unknown.code == 4);
}

TEST_CASE("a handler that floods its output costs the broker a bounded amount, and loses the oldest") {
  Cluster cluster{{"--memory", "--queue-log-bytes", "32k"}};
  cluster.start_worker();
  Client client{cluster.endpoint()};
  auto crash = client.with({.max_attempts = 1}).submit(kCrash, 1'000'000);
  CHECK_THROWS_AS(crash.get_for(kLong), WorkerLost);
  auto log = whole_log_of(client, crash.id());
  CHECK(log.missing > 1'000'000);
  CHECK(log.text["stdout"].size() < 40 * 1024);
  CHECK(log.text["stdout"].ends_with("line 999999\n"));
  CHECK(log.text["stderr"] == "about to crash");
}

TEST_CASE("what a command prints is shown while it runs, and is in its result as well") {
  Cluster cluster;
  cluster.start_worker({"--allow-exec"}, FORKMILL_WORKER_PROGRAM);
  Client client{cluster.endpoint()};
  ExecRequest request;
  request.shell = true;
  request.env = {{"GO", cluster.path("go")}};
  request.argv = {"echo begun; echo bad >&2; until [ -e $GO ]; do :; done; printf done"};
  auto command = client.submit(kExec, request);
  Log log;
  CHECK(eventually([&] {
    log = log_of(client, command.id());
    return log.text["stdout"] == "begun\n" && log.text["stderr"] == "bad\n";
  }));
  CHECK_FALSE(log.complete);
  cluster.touch("go");
  const ExecResult result = command.get_for(kLong);
  CHECK(result.out == "begun\ndone");
  CHECK(result.err == "bad\n");
  log = whole_log_of(client, command.id());
  CHECK(log.text["stdout"] == result.out);
  CHECK(log.text["stderr"] == result.err);
  CHECK(log.missing == 0);
  CHECK(cluster.log().find("begun") == std::string::npos);  // not among the worker's own lines
}

TEST_CASE("a command that floods its output costs the broker a bounded amount, and loses the oldest") {
  Cluster cluster{{"--memory", "--queue-log-bytes", "32k"}};
  cluster.start_worker({"--allow-exec"}, FORKMILL_WORKER_PROGRAM);
  Client client{cluster.endpoint()};
  ExecRequest request;
  request.shell = true;
  request.argv = {"seq 3000000; echo last"};
  request.output_limit = 10;
  auto command = client.submit(kExec, request);
  CHECK(command.get_for(kLong).out == "1\n2\n3\n4\n5\n");
  const Log log = whole_log_of(client, command.id());
  CHECK(log.missing > 1'000'000);
  CHECK(log.text.at("stdout").size() < 40 * 1024);
  CHECK(log.text.at("stdout").starts_with("1\n2\n"));
  CHECK(log.text.at("stdout").ends_with("3000000\nlast\n"));
}

TEST_CASE("a queue without logs keeps none") {
  Cluster cluster{{"--memory", "--queue-log-bytes", "0"}};
  cluster.start_worker();
  Client client{cluster.endpoint()};
  auto talk = client.submit(kTalk, "a", "", "");
  CHECK(talk.get_for(kLong) == 1);
  CHECK(whole_log_of(client, talk.id()).text.empty());
}

}  // namespace logs_test
