// Dead letters, the history of tasks, and backups, as operators ask for them.
#include <msgpack.hpp>

#include "tests/unit/broker/broker.h"

namespace dead_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;
using forkmill::broker::test::id;

namespace {

struct Row {
  std::string id, state, message;
};

struct Asked {
  Errc code;
  std::string text;
  std::vector<Row> rows;
  std::uint64_t next = 0;
};

Asked list(Broker& broker, const Broker::Peer& client, TaskFilter filter) {
  broker.take<Reply>(client);
  broker.send(client, Query{1, QueryKind::tasks, "", std::move(filter)});
  const auto replies = broker.take<Reply>(client);
  REQUIRE(replies.size() == 1);
  Asked asked{replies[0].code, replies[0].text, {}, 0};
  if (asked.code != Errc::ok) return asked;
  const auto body = replies[0].body.view();
  const auto handle = msgpack::unpack(body.data(), body.size());
  const auto map = handle->as<std::map<std::string, msgpack::object>>();
  asked.next = map.at("next").as<std::uint64_t>();
  for (const auto& each : map.at("tasks").as<std::vector<std::map<std::string, msgpack::object>>>()) {
    Row row{each.at("id").as<std::string>(), each.at("state").as<std::string>(), ""};
    if (each.contains("message")) row.message = each.at("message").as<std::string>();
    asked.rows.push_back(std::move(row));
  }
  return asked;
}

}  // namespace

TEST_CASE("the number of dead letters in the status is that of the tasks that are listed as such") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.resident.results = 1;
  options.dead_letters = 3;
  Broker broker{options, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(100);
  TaskOptions reported;
  reported.dead_letter = false;
  const auto counted = [&] {
    TaskFilter failed;
    failed.state = "failed";
    const auto count = broker.core().state().totals.dead_letters;
    CHECK(list(broker, client, failed).rows.size() == count);
    TaskFilter broken;
    broken.text = "it broke";
    CHECK(list(broker, client, broken).rows.size() == count);
    return count;
  };
  const auto fail = [&](std::uint64_t n) {
    broker.submit(client, {task(n)});
    broker.fail(worker, broker.grants(worker).at(0).grant);
  };
  CHECK(counted() == 0);
  fail(1);
  CHECK(counted() == 1);  // its result has not been fetched
  for (std::uint64_t n = 2; n <= 5; ++n) fail(n);
  CHECK(counted() == 5);  // some of them on disk
  broker.submit(client, {task(6, reported)});
  broker.fail(worker, broker.grants(worker).at(0).grant);
  CHECK(broker.core().state().totals.dead_letters == 5);
  for (std::uint64_t seq = 1; seq < 60; ++seq) broker.send(client, ResultAck{{MessageSeq{seq}}});
  CHECK(counted() == 3);  // the oldest went
  broker.restart();
  const auto again = broker.client();
  CHECK(broker.core().state().totals.dead_letters == 3);
  broker.send(again, Command{1, DropDeadLetter{id(5).to_string()}});
  CHECK(broker.take<Reply>(again).at(0).code == Errc::ok);
  CHECK(broker.core().state().totals.dead_letters == 2);
}

TEST_CASE("tasks are listed newest first and filtered, in memory and on disk") {
  for (const bool durable : {false, true}) {
    CAPTURE(durable);
    MemoryStore store{"s", true};
    CoreOptions options;
    options.resident.tasks = 2;
    Broker broker{options, durable ? &store : nullptr};
    const auto client = broker.client();
    const auto worker = broker.worker(1);
    for (std::uint64_t n = 1; n <= 9; ++n) broker.submit(client, {task(n)});
    broker.credit = 2;
    broker.fail(worker, broker.grants(worker).at(0).grant);
    auto all = list(broker, client, {});
    REQUIRE(all.rows.size() == 9);
    CHECK(all.next == 0);
    CHECK(all.rows[0].id == id(9).to_string());
    CHECK(all.rows[0].state == "ready");
    CHECK(all.rows[7].state == "running");
    CHECK(all.rows[8].state == "failed");
    CHECK(all.rows[8].message == "it broke");

    TaskFilter filter;
    filter.state = "ready";
    CHECK(list(broker, client, filter).rows.size() == 7);
    filter = {};
    filter.text = "brok";
    CHECK(list(broker, client, filter).rows.size() == 1);
    filter = {};
    filter.id = id(4).to_string();
    CHECK(list(broker, client, filter).rows.at(0).id == id(4).to_string());
    filter = {};
    filter.queue = "another";
    CHECK(list(broker, client, filter).rows.empty());
    filter = {};
    filter.since = broker.now.unix_time + 1s;
    CHECK(list(broker, client, filter).rows.empty());
    filter = {};
    filter.state = "sleeping";
    const auto wrong = list(broker, client, filter);
    CHECK(wrong.code == Errc::bad_request);
    CHECK(wrong.text.find("scheduled, ready, running") != std::string::npos);

    // Listing in pages.
    filter = {};
    filter.most = 4;
    const auto first = list(broker, client, filter);
    REQUIRE(first.rows.size() == 4);
    REQUIRE(first.next != 0);
    filter.before = TaskSeq{first.next};
    const auto second = list(broker, client, filter);
    REQUIRE(second.rows.size() == 4);
    CHECK(second.rows[0].id == id(5).to_string());
    filter.before = TaskSeq{second.next};
    CHECK(list(broker, client, filter).rows.size() == 1);
  }
}

TEST_CASE("a dead letter is retried as another task, and can be dropped") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1), task(2)});
  const auto granted = broker.grants(worker);
  REQUIRE(granted.size() == 2);
  const auto acknowledge = [&] {
    CHECK(broker.results(client).size() == 1);
    broker.send(client, ResultAck{{broker.last_taken()}});
  };
  broker.fail(worker, granted[0].grant);
  acknowledge();
  broker.fail(worker, granted[1].grant);
  const auto give = [&](AnyCommand command) {
    broker.take<Reply>(client);
    broker.send(client, Command{1, std::move(command)});
    return broker.take<Reply>(client).at(0).code;
  };
  const auto retry = [&](const TaskId& which, const TaskId& fresh) {
    return give(RetryDeadLetter{which.to_string(), fresh});
  };
  const auto drop = [&](const TaskId& which) { return give(DropDeadLetter{which.to_string()}); };
  CHECK(retry(id(1), {}) == Errc::bad_request);
  CHECK(retry(id(7), id(11)) == Errc::task_unknown);
  CHECK(retry(id(1), id(11)) == Errc::ok);
  const auto again = broker.grants(worker);
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == id(11));
  CHECK(again[0].payload.view() == "arguments");
  CHECK(retry(id(1), id(12)) == Errc::task_unknown);
  // The reply was lost and the command is sent again, also with the beginning of an id that now names another task.
  CHECK(retry(id(1), id(11)) == Errc::ok);
  CHECK(retry(id(2), id(11)) == Errc::ok);
  CHECK(broker.grants(worker).empty());
  CHECK(drop(id(11)) == Errc::bad_request);  // the task runs
  // The error is still on its way to the client. The client gets it, and then nothing is left of the task.
  CHECK(drop(id(2)) == Errc::ok);
  CHECK(drop(id(2)) == Errc::task_unknown);
  broker.send(client, Query{2, QueryKind::task, id(2).to_string()});
  CHECK(broker.take<Reply>(client).at(0).code == Errc::task_unknown);
  CHECK(list(broker, client, {}).rows.size() == 1);
  acknowledge();
  broker.restart();
  CHECK(broker.core().state().tasks.size() == 1);
}

TEST_CASE("a dead letter that is retried with other arguments has its other options, and drops the letter") {
  CoreOptions limits;
  limits.max_payload = 100;
  Broker broker{limits};
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  TaskOptions options;
  options.priority = 7;
  options.label = "three";
  broker.submit(client, {task(1, options)});
  broker.fail(worker, broker.grants(worker).at(0).grant);
  const auto give = [&](AnyCommand command) {
    broker.take<Reply>(client);
    broker.send(client, Command{1, std::move(command)});
    return broker.take<Reply>(client).at(0).code;
  };
  const std::string letter = id(1).to_string();
  CHECK(give(RetryEdited{letter, {}, Payload::copy("other"), "four"}) == Errc::bad_request);
  const auto too_much = Payload::copy(std::string(101, 'x'));
  CHECK(give(RetryEdited{letter, id(11), too_much, "four"}) == Errc::payload_too_large);
  CHECK(list(broker, client, {}).rows.size() == 1);  // nothing was changed
  CHECK(give(RetryEdited{letter, id(11), Payload::copy("other"), "four"}) == Errc::ok);
  const auto again = broker.grants(worker);
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == id(11));
  CHECK(again[0].payload.view() == "other");
  CHECK(again[0].spec->options.priority == 7);
  CHECK(again[0].spec->options.label == "four");
  CHECK(give(RetryEdited{letter, id(11), Payload::copy("more"), "five"}) == Errc::ok);  // done before
  CHECK(give(RetryEdited{letter, id(12), Payload::copy("more"), "five"}) == Errc::task_unknown);
  for (const auto& [handle, one] : broker.core().state().clients) {
    CHECK(one->commands.size() == 5);
    for (const auto& remembered : one->commands)
      CHECK(std::get<RetryEdited>(remembered.command.command).arguments.size() == 0);
  }
}

TEST_CASE("a command that is remembered keeps no arguments in memory, also if it was refused") {
  Broker broker;
  const auto client = broker.client();
  const auto bytes = std::make_shared<const std::string>(1000, 'x');
  broker.send(client, Command{1, RetryEdited{id(1).to_string(), id(11), Payload::share(bytes, *bytes), "four"}});
  const auto refused = broker.take<Reply>(client);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == Errc::task_unknown);
  const auto& clients = broker.core().state().clients;
  REQUIRE(clients.size() == 1);
  REQUIRE(clients.begin()->second->commands.size() == 1);
  const Command& kept = clients.begin()->second->commands.front().command;
  CHECK(std::get<RetryEdited>(kept.command).label == "four");
  CHECK(std::get<RetryEdited>(kept.command).arguments.empty());
}

TEST_CASE("a dead letter that goes before its client has the failure is not there again after a restart") {
  CoreOptions options;
  options.restart_grace = 0ms;
  const std::vector<AnyCommand> drops{DropDeadLetter{id(1).to_string()}, ChangeTasks{id(100), TaskAction::drop, {}}};
  const std::vector<AnyCommand> retries{RetryDeadLetter{id(1).to_string(), id(9)},
                                        ChangeTasks{id(100), TaskAction::retry, {}}};
  const auto give = [&](const AnyCommand& command, bool client_has_it_at_last) {
    MemoryStore store{"s", true};
    Broker broker{options, &store};
    const auto client = broker.client();
    const auto worker = broker.worker(1);
    broker.credit = 1;
    broker.submit(client, {task(1)});
    broker.fail(worker, broker.grants(worker).at(0).grant);
    REQUIRE(broker.core().state().tasks.find(id(1))->finished->deliveries == 1);
    const auto admin = broker.client();
    broker.send(admin, Command{1, command});
    CHECK(broker.take<Reply>(admin).at(0).code == Errc::ok);
    CHECK(broker.core().state().totals.dead_letters == 0);
    CHECK(broker.results(client).size() == 1);
    if (client_has_it_at_last) broker.send(client, ResultAck{{broker.last_taken()}});
    broker.restart();
    return list(broker, broker.client(), {}).rows;
  };
  for (const bool at_last : {false, true}) {
    for (const AnyCommand& drop : drops) CHECK(give(drop, at_last).empty());
    for (const AnyCommand& retry : retries) {
      const auto rows = give(retry, at_last);
      REQUIRE(rows.size() == 1);
      CHECK(rows[0].state == "ready");
      CHECK(rows[0].id != id(1).to_string());
    }
  }
}

TEST_CASE("a retried task does not end with the client that had it retried, alone or with others") {
  Broker broker;
  const auto submitter = broker.client();
  const auto worker = broker.worker(1);
  TaskOptions daemon;
  daemon.daemon = true;
  broker.submit(submitter, {task(1, daemon)});
  broker.credit = 1;
  broker.fail(worker, broker.grants(worker).at(0).grant);
  const auto admin = broker.client();
  SUBCASE("alone") { broker.send(admin, Command{1, RetryDeadLetter{id(1).to_string(), id(9)}}); }
  SUBCASE("over a filter") { broker.send(admin, Command{1, ChangeTasks{id(100), TaskAction::retry, {}}}); }
  REQUIRE(broker.take<Reply>(admin).at(0).code == Errc::ok);
  broker.send(admin, Goodbye{});
  broker.send(worker, Credit{10});
  CHECK(broker.grants(worker).size() == 1);
}

TEST_CASE("dead letters survive a restart and outlive result_ttl") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1), task(2)});
  const auto grants = broker.grants(worker);
  broker.fail(worker, grants.at(0).grant);
  broker.succeed(worker, grants.at(1).grant);
  broker.restart();
  const auto back = broker.client();
  broker.advance_alive(15min, {back});
  const auto left = list(broker, back, {});
  REQUIRE(left.rows.size() == 1);
  CHECK(left.rows[0].state == "failed");
}

TEST_CASE("a backup is made by the store, and refused without a store") {
  MemoryStore store{"s", true};
  Broker durable{{}, &store};
  const auto client = durable.client();
  durable.send(client, Command{5, WriteBackup{"/backups/one"}});
  const auto done = durable.take<Reply>(client);
  REQUIRE(done.size() == 1);
  CHECK(done[0].code == Errc::ok);
  durable.send(client, Command{6, WriteBackup{"relative"}});
  CHECK(durable.take<Reply>(client).at(0).code == Errc::bad_request);
  Broker memory;
  const auto other = memory.client();
  memory.send(other, Command{5, WriteBackup{"/backups/one"}});
  CHECK(memory.take<Reply>(other).at(0).code == Errc::bad_request);
}

TEST_CASE("a backup goes into the folder that the broker was given, and without one clients with keys make none") {
  MemoryStore store{"s", true};
  const auto code_of = [&](const std::string& folder, const std::string& principal, const std::string& path) {
    CoreOptions options;
    options.backup_folder = folder;
    options.principal_of = [&](PeerId) { return principal; };
    Broker broker{options, &store};
    const auto client = broker.client();
    broker.send(client, Command{5, WriteBackup{path}});
    return broker.take<Reply>(client).at(0).code;
  };
  CHECK(code_of("", "", "/anywhere/one") == Errc::ok);
  CHECK(code_of("", "uid:0", "/anywhere/one") == Errc::ok);
  CHECK(code_of("", "operator", "/anywhere/one") == Errc::not_permitted);
  CHECK(code_of("/backups", "operator", "/backups/one") == Errc::ok);
  for (const std::string path : {"/backups", "/backups/", "/backups/..", "/backups/.", "/backups/../etc/one",
                                 "/backups/sub/one", "/backups//one", "/backup/one", "/one", "/"}) {
    CAPTURE(path);
    CHECK(code_of("/backups", "operator", path) == Errc::not_permitted);
    CHECK(code_of("/backups", "", path) == Errc::not_permitted);
  }
  CHECK(code_of("/backups", "operator", "backups/one") == Errc::bad_request);
}

TEST_CASE("a retry or drop of a dead letter is answered after its commit") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1), task(2)});
  for (const auto& granted : broker.grants(worker)) {
    broker.fail(worker, granted.grant);
    REQUIRE(broker.results(client).size() == 1);
    broker.send(client, ResultAck{{broker.last_taken()}});
  }
  for (const AnyCommand& command :
       std::vector<AnyCommand>{RetryDeadLetter{id(1).to_string(), id(9)}, DropDeadLetter{id(2).to_string()}}) {
    broker.hold_commits();
    broker.send(client, Command{7, command});
    CHECK(broker.take<Reply>(client).empty());
    broker.release_commits();
    const auto replies = broker.take<Reply>(client);
    REQUIRE(replies.size() == 1);
    CHECK(replies[0].code == Errc::ok);
  }
}

TEST_CASE("an operator command whose answer was lost is answered again, and done once") {
  CoreOptions options;
  options.kept_results = 0;
  Broker broker{options};
  auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1), task(2)});
  for (const auto& granted : broker.grants(worker)) broker.fail(worker, granted.grant);
  while (!broker.results(client).empty()) broker.send(client, ResultAck{{broker.last_taken()}});
  const Command drop{1, DropDeadLetter{id(1).to_string()}};
  const Command retry{2, RetryDeadLetter{id(2).to_string(), id(12)}};
  broker.send(client, drop);
  broker.send(client, retry);
  // The new task ends, and its result is not kept.
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  while (!broker.results(client).empty()) broker.send(client, ResultAck{{broker.last_taken()}});
  CHECK(broker.core().state().tasks.find(id(12)) == nullptr);

  client = broker.client(client.session);
  broker.send(client, drop);
  broker.send(client, retry);
  const auto replies = broker.take<Reply>(client);
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].code == Errc::ok);
  CHECK(replies[1].code == Errc::ok);
  CHECK(broker.grants(worker).empty());
}

TEST_CASE("a backup that is asked for again in the next session is written once") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  auto client = broker.client();
  const Command backup{5, WriteBackup{"/backups/one"}};
  broker.hold_commits();
  broker.send(client, backup);
  client = broker.client(client.session);
  broker.send(client, backup);
  CHECK(broker.take<Reply>(client).empty());
  broker.release_commits();
  CHECK(broker.requests == 1);
  REQUIRE(broker.take<Reply>(client).size() == 1);
  client = broker.client(client.session);
  broker.send(client, backup);
  const auto replies = broker.take<Reply>(client);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].code == Errc::ok);
  CHECK(broker.requests == 1);
}

TEST_CASE("a query or command that the broker does not know gets a reply") {
  Broker broker;
  const auto client = broker.client();
  broker.send(client, Query{5, static_cast<QueryKind>(7), "0190"});
  broker.send(client, Command{6, UnknownCommand{99}});
  const auto replies = broker.take<Reply>(client);
  REQUIRE(replies.size() == 2);
  for (std::uint64_t i = 0; i < 2; ++i) {
    CHECK(replies[i].id == 5 + i);
    CHECK(replies[i].code == Errc::bad_request);
  }
}

TEST_CASE("a query for a task is answered after the commit of its state") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  const auto granted = broker.grants(worker);
  broker.hold_commits();
  broker.succeed(worker, granted.at(0).grant);
  broker.send(client, Query{1, QueryKind::task, id(1).to_string()});
  CHECK(broker.take<Reply>(client).empty());
  broker.release_commits();
  CHECK(broker.take<Reply>(client).size() == 1);
}

}  // namespace dead_test
