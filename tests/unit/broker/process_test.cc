// Tasks with a process of their own: which worker gets them, which clients hear of them, and what ends them.
#include "tests/unit/broker/process_kit.h"

namespace forkmill::broker::test::process_test {

TEST_CASE("a process needs no credit, and takes none") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(4));
  TaskOptions options;
  options.daemon = true;
  options.label = "reader";
  broker.submit(client, {process(1, options), task(2)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].id == id(1));
  CHECK(grants[0].spec->queue == "default");
  CHECK(grants[0].spec->options.process);
  CHECK(grants[0].spec->options.daemon);
  CHECK(grants[0].spec->options.label == "reader");
  broker.send(worker, Credit{1});
  const auto more = broker.grants(worker);
  REQUIRE(more.size() == 1);
  CHECK(more[0].id == id(2));
  CHECK_FALSE(more[0].spec->options.process);
}

TEST_CASE("the grant names the submitter's program") {
  Broker broker;
  Hello hello;
  hello.pid = 4242;
  const auto client = broker.connect(hello);
  const auto worker = broker.connect(host(1));
  broker.submit(client, {process(1)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].parent == 4242);
}

TEST_CASE("a worker gets at most max_processes processes, and the next one when one ends") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(2));
  broker.submit(client, {process(1), process(2), process(3)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 2);
  broker.succeed(worker, grants[0].grant);
  const auto next = broker.grants(worker);
  REQUIRE(next.size() == 1);
  CHECK(next[0].id == id(3));
}

TEST_CASE("a worker that takes no processes gets none, and the task says why it waits") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {process(1)});
  CHECK(broker.grants(worker).empty());
  Answer answer = ask(broker, client, QueryKind::task, id(1).to_string());
  CHECK(answer.body.at("reason").as<std::string>() ==
        "no worker that serves queue default takes processes (--max-processes)");
  CHECK(answer.body.at("queue").as<std::string>() == "default");
}

TEST_CASE("a worker takes turns between its queues for processes as well") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(1, {"one", "two"}));
  for (std::uint64_t n = 1; n <= 6; ++n) {
    Submission next = process(n);
    next.edit().queue = n <= 3 ? "one" : "two";
    broker.submit(client, {next});
  }
  std::vector<std::string> queues;
  for (auto grants = broker.grants(worker); !grants.empty(); grants = broker.grants(worker)) {
    queues.push_back(grants.at(0).spec->queue);
    broker.succeed(worker, grants[0].grant);
  }
  CHECK(queues == std::vector<std::string>{"one", "two", "one", "two", "one", "two"});
}

TEST_CASE("processes spread over the workers") {
  Broker broker;
  const auto client = broker.client();
  const auto one = broker.connect(host(8));
  const auto other = broker.connect(host(8));
  broker.submit(client, {process(1), process(2), process(3), process(4)});
  CHECK(broker.grants(one).size() == 2);
  CHECK(broker.grants(other).size() == 2);
}

TEST_CASE("a label must be short and printable, and a daemon cannot be durable") {
  Broker broker;
  const auto client = broker.client();
  TaskOptions bad;
  bad.label = "two\nlines";
  CHECK(broker.submit_rejected(client, process(1, bad)).code == Errc::name_invalid);
  bad.label = std::string(129, 'x');
  CHECK(broker.submit_rejected(client, process(2, bad)).code == Errc::option_out_of_range);
  TaskOptions durable;
  durable.daemon = true;
  durable.durability = Durability::durable;
  CHECK(broker.submit_rejected(client, process(3, durable)).code == Errc::option_out_of_range);
  Submission far = process(4);
  far.edit().queue = std::string(125, 'q');
  CHECK(broker.submit_rejected(client, far).code == Errc::name_invalid);
}

TEST_CASE("STARTED goes to the submitter, again when it comes back, and to clients that attach") {
  Broker broker;
  auto client = broker.client();
  const auto worker = broker.connect(host(1));
  broker.submit(client, {process(1)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  broker.send(worker, Started{{{id(1), grants[0].grant, 4711, "there"}}});
  auto told = broker.take<Started>(client);
  REQUIRE(told.size() == 1);
  CHECK(told[0].notes[0].id == id(1));
  CHECK(told[0].notes[0].pid == 4711);
  CHECK(told[0].notes[0].host == "there");

  client = broker.client(client.session);
  CHECK(broker.take<Started>(client).size() == 1);
  const auto other = broker.client();
  broker.send(other, Attach{{id(1)}});
  CHECK(broker.take<Started>(other).size() == 1);

  broker.succeed(worker, grants[0].grant);
  broker.send(worker, Started{{{id(1), grants[0].grant, 4711, "there"}}});
  CHECK(broker.take<Started>(client).empty());
}

TEST_CASE("daemons end with the session of their submitter, and other processes do not") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(2));
  broker.submit(client, {daemon(1), process(2), daemon(3)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 2);
  broker.send(client, Goodbye{});
  const auto revokes = broker.take<Revoke>(worker);
  REQUIRE(revokes.size() == 1);
  REQUIRE(revokes[0].grants.size() == 1);
  CHECK(revokes[0].grants[0] == grants[0].grant);
  CHECK(broker.core().state().totals.cancelled == 1);  // the daemon that waited
  broker.send(worker, Revoked{{{grants[0].grant, RevokeState::stopping}}, 0});
  broker.fail(worker, grants[0].grant, OutcomeKind::lost, Errc::worker_lost);
  CHECK(broker.core().state().totals.cancelled == 2);
  broker.succeed(worker, grants[1].grant);
  CHECK(broker.core().state().totals.succeeded == 1);
}

TEST_CASE("daemons end when their submitter falls silent") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(2));
  broker.submit(client, {daemon(1)});
  REQUIRE(broker.grants(worker).size() == 1);
  broker.advance_alive(15s, {worker});
  CHECK(broker.take<Revoke>(worker).size() == 1);
}

TEST_CASE("a finished daemon is not cancelled with its submitter's session") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(2));
  broker.submit(client, {daemon(1)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  broker.succeed(worker, grants[0].grant);
  broker.send(client, Goodbye{});
  CHECK(broker.take<Revoke>(worker).empty());
  CHECK(broker.core().state().totals.cancelled == 0);
}

TEST_CASE("a process is shown as waiting while its client waits for a named object") {
  Broker broker;
  const auto worker = broker.connect(host(1));
  const auto owner = broker.client();
  broker.submit(owner, {process(1)});
  const auto grant = broker.grants(worker).at(0).grant;
  broker.send(worker, Started{{{id(1), grant, 4711, "host"}}});
  const auto how = [&] {
    return ask(broker, owner, QueryKind::process, id(1).to_string()).body.at("state").as<std::string>();
  };
  const auto operate = [&](const Broker::Peer& peer, std::uint64_t number, Verb verb, std::uint64_t object) {
    Operation operation;
    operation.number = number;
    operation.verb = verb;
    operation.object = object;
    if (verb == Verb::open) operation.spec = ObjectSpec{"l", ObjectKind::lock};
    broker.send(peer, Operate{0, {operation}});
    const auto answers = broker.take<Operated>(peer);
    return answers.empty() ? std::uint64_t{0} : static_cast<std::uint64_t>(answers.at(0).answers.at(0).a);
  };
  CHECK(how() == "running");
  const auto child = broker.connect(child_client(4711));
  const auto lock = operate(owner, 1, Verb::open, 0);
  operate(owner, 2, Verb::acquire, lock);
  operate(child, 1, Verb::acquire, lock);
  CHECK(how() == "waiting");
  Answer why = ask(broker, owner, QueryKind::why_task, id(1).to_string());
  const auto reasons = why.body.at("findings").as<std::vector<std::map<std::string, std::string>>>();
  CHECK(reasons.at(1).at("reason") == "waits_for_object");
  operate(owner, 3, Verb::release, lock);
  CHECK(how() == "running");
  broker.succeed(worker, grant);
  CHECK(how() == "finished");
}

TEST_CASE("the clients in a child that is gone end at once, and their daemons with them") {
  Broker broker;
  const auto worker = broker.connect(host(4));
  const auto inside = broker.connect(child_client(50));
  const auto sibling = broker.connect(child_client(51));
  const auto elsewhere = broker.connect(child_client(50, kInstance + 1));
  broker.submit(inside, {daemon(1)});
  REQUIRE(broker.grants(worker).size() == 1);
  REQUIRE(broker.core().state().clients.size() == 3);
  broker.send(worker, ChildrenGone{{50, 999}});
  CHECK(broker.core().state().clients.size() == 2);
  CHECK(broker.take<Revoke>(worker).size() == 1);
  broker.send(sibling, Heartbeat{});
  broker.send(elsewhere, Heartbeat{});
  CHECK(broker.take<Heartbeat>(sibling).size() == 1);
  CHECK(broker.take<Heartbeat>(elsewhere).size() == 1);
}

TEST_CASE("a lost worker's processes are lost, and its place is free when it comes back") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(1));
  broker.submit(client, {process(1), process(2)});
  REQUIRE(broker.grants(worker).size() == 1);
  broker.send(worker, Goodbye{});
  const auto results = broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome.kind == OutcomeKind::lost);
  CHECK(broker.grants(broker.connect(host(1))).size() == 1);
}

TEST_CASE("a durable process goes on in its worker across a restart of the broker") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.restart_grace = 0ms;
  Broker broker{options, &store};
  const auto client = broker.client();
  const auto worker = broker.connect(host(1));
  broker.submit(client, {process(1), daemon(2)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  const std::string name = worker.welcome.store;
  broker.restart();
  Hello again = host(1);
  again.worker.holding = {grants[0].grant};
  again.worker.holding_store = name;
  const auto back = broker.connect(again);
  CHECK(back.welcome.abandon.empty());
  CHECK(back.welcome.granted == 0);
  const auto asker = broker.client();
  broker.send(asker, Attach{{id(1), id(2)}});
  broker.succeed(back, grants[0].grant);
  const auto results = broker.results(asker);
  REQUIRE(results.size() == 2);
  CHECK(results[0].outcome.kind == OutcomeKind::rejected);  // the daemon was only in memory
  CHECK(results[1].outcome.kind == OutcomeKind::succeeded);
}

TEST_CASE("a dead process is retried as a process") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(1));
  broker.submit(client, {process(1)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  broker.fail(worker, grants[0].grant);
  broker.send(client, Command{1, RetryDeadLetter{id(1).to_string(), id(2)}});
  const auto again = broker.grants(worker);
  REQUIRE(again.size() == 1);
  CHECK(again[0].spec->options.process);
  CHECK(again[0].spec->queue == "default");
}

TEST_CASE("the list of processes shows the last reports of workers, with the tasks they run") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(host(1));
  TaskOptions options;
  options.label = "reader";
  broker.submit(client, {process(1, options)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  ProcessRow supervisor{100, 1, ProcessRole::supervisor, "S", 5, 6, 7ms, {}, "worker"};
  ProcessRow row{101, 100, ProcessRole::process, "R", 50, 60, 70ms, grants[0].grant, "t.echo reader"};
  broker.send(worker, Report{{supervisor}});
  broker.send(worker, Report{{supervisor, row}});
  ProcessRow self;
  self.pid = 9;
  broker.core().set_self({.process = self, .host = "here"});
  Answer answer = ask(broker, client, QueryKind::processes);
  const auto rows = answer.body.at("processes").as<std::vector<std::map<std::string, msgpack::object>>>();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].at("role").as<std::string>() == "broker");
  CHECK(rows[0].at("pid").as<int>() == 9);
  CHECK(rows[1].at("role").as<std::string>() == "supervisor");
  CHECK(rows[1].count("task") == 0);
  CHECK(rows[2].at("role").as<std::string>() == "process");
  CHECK(rows[2].at("host").as<std::string>() == "host");
  CHECK(rows[2].at("worker").as<std::string>() == "worker");
  CHECK(rows[2].at("parent").as<int>() == 100);
  CHECK(rows[2].at("task").as<std::string>() == "t.echo");
  CHECK(rows[2].at("label").as<std::string>() == "reader");
  CHECK(rows[2].at("id").as<std::string>() == id(1).to_string());
}

TEST_CASE("clients may not send the messages of workers") {
  Broker broker;
  const auto client = broker.client();
  broker.send(client, ChildrenGone{{1}});
  broker.send(client, Started{});
  broker.send(client, Report{});
  const auto errors = broker.take<ErrorMessage>(client);
  REQUIRE(errors.size() == 3);
  for (const auto& error : errors) CHECK(error.code == Errc::not_permitted);
}

TEST_CASE("units of a semaphore that keeps them stay away when their holder's process exits, not when it is killed") {
  for (const bool keeps : {true, false}) {
    for (const bool in_order : {true, false}) {
      CAPTURE(keeps);
      CAPTURE(in_order);
      Broker broker;
      const auto worker = broker.connect(host(1));
      const auto inside = broker.connect(child_client(50));
      const auto outside = broker.client();
      ObjectSpec spec{"s", ObjectKind::semaphore, 0, 2, keeps ? kObjectKept : 0, 0, Durability::memory};
      const auto operate = [&](const Broker::Peer& peer, std::uint64_t number, Verb verb, std::uint64_t object) {
        broker.send(peer, Operate{0, {{number, verb, object, 0, milliseconds{-1}, 0, 0, {}, spec}}});
        return broker.take<Operated>(peer).at(0).answers.at(0).a;
      };
      const auto object = static_cast<std::uint64_t>(operate(inside, 1, Verb::open, 0));
      operate(inside, 2, Verb::acquire, object);
      CHECK(operate(outside, 1, Verb::look, object) == 1);
      ChildrenGone gone{{50}};
      if (in_order) gone.in_order = {50};
      broker.send(worker, gone);
      CHECK(operate(outside, 2, Verb::look, object) == (keeps && in_order ? 1 : 2));
      const auto leaves = broker.connect(child_client(51));
      operate(leaves, 1, Verb::acquire, object);
      broker.send(leaves, Goodbye{});
      CHECK(operate(outside, 3, Verb::look, object) == (keeps ? (in_order ? 0 : 1) : 2));
      CHECK(operate(outside, 4, Verb::release, object) == (keeps ? (in_order ? 1 : 2) : 3));
    }
  }
}

TEST_CASE("a worker in a child that is gone ends with it, and so do the clients in its own children") {
  Broker broker;
  const auto outer = broker.connect(host(4));
  Hello pool = host(0);
  pool.instance = kInstance + 7;
  pool.child_of = kInstance;
  pool.pid = 50;
  broker.connect(pool);
  broker.connect(child_client(60, kInstance + 7));
  broker.connect(child_client(61, kInstance + 7));
  broker.connect(child_client(51));
  broker.send(outer, ChildrenGone{{51}});
  CHECK(broker.core().state().workers.size() == 2);
  CHECK(broker.core().state().clients.size() == 2);
  broker.send(outer, ChildrenGone{{50}});
  CHECK(broker.core().state().workers.size() == 1);
  CHECK(broker.core().state().clients.empty());
}

TEST_CASE("a HELLO of a child that arrives after the child's end begins no session") {
  Broker broker;
  const auto worker = broker.connect(host(1));
  broker.send(worker, ChildrenGone{{50}});
  CHECK_FALSE(broker.connect(child_client(50)).session);
  CHECK(broker.core().state().clients.empty());
  CHECK(broker.connect(child_client(51)).session);
  // A process of that number is another one much later.
  broker.advance_alive(CoreOptions{}.session_timeout + 1s, {worker});
  CHECK(broker.connect(child_client(50)).session);
}

}  // namespace forkmill::broker::test::process_test
