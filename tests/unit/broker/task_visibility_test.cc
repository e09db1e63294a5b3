// TaskVisibility: tasks of another principal are unknown to a client, by lists, by id and by key.
#include "tests/unit/broker/principals_kit.h"

namespace forkmill::broker::test::task_visibility_test {

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

CoreOptions on_disk() {
  CoreOptions options;
  options.resident.tasks = 1;
  options.resident.page = 1;
  options.resident.results = 0;
  return options;
}

// Everything that bob may try with a task of alice by its id is answered as for an id that is not known.
void check_unknown(Principals& site, const Broker::Peer& bob, const TaskId& one) {
  const std::string text = one.to_string();
  CHECK(site.query(bob, QueryKind::task, text) == Errc::task_unknown);
  CHECK(site.query(bob, QueryKind::task, text.substr(0, 34)) == Errc::task_unknown);
  CHECK(site.query(bob, QueryKind::process, text) == Errc::task_unknown);
  CHECK(site.query(bob, QueryKind::why_task, text) == Errc::task_unknown);
  CHECK(site.ask(bob, Command{6, SendSignal{text, 15}}) == Errc::task_unknown);
  CHECK(site.ask(bob, Command{7, DropDeadLetter{text}}) == Errc::task_unknown);
  CHECK(site.ask(bob, Command{8, RetryDeadLetter{text, id(900)}}) == Errc::task_unknown);
  CHECK(site.cancel(bob, one) == CancelState::unknown);
  site.broker.send(bob, Cancel{{}, {one}});
  CHECK(site.broker.take<CancelReply>(bob).at(0).answers.at(0).state == CancelState::unknown);
  site.broker.send(bob, Attach{{one}});
  const auto results = site.broker.results(bob);
  REQUIRE(results.size() == 1);
  CHECK(results[0].id == one);
  CHECK(results[0].outcome.error->code == Errc::task_unknown);
}

}  // namespace

TEST_CASE("a task of another principal is unknown by its id in any state") {
  Principals site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  site.broker.submit(alice, {task(1)});
  check_unknown(site, bob, id(1));  // ready
  const auto worker = site.broker.worker(1);
  const Grant grant = site.broker.grants(worker).at(0).grant;
  check_unknown(site, bob, id(1));  // running
  CHECK(site.broker.take<Revoke>(worker).empty());
  site.broker.fail(worker, grant);
  check_unknown(site, bob, id(1));  // a dead letter
  CHECK(site.broker.results(alice).size() == 1);
  std::string body;
  CHECK(site.query(alice, QueryKind::task, id(1).to_string(), &body) == Errc::ok);
  CHECK(has(body, "\"state\":\"failed\""));
  CHECK(site.ask(alice, Command{9, DropDeadLetter{id(1).to_string()}}) == Errc::ok);
}

TEST_CASE("answers that name tasks of all principals are given to admins only") {
  Principals site;
  const auto alice = site.client(Principals::kAlice);
  const auto boss = site.client(Principals::kOperator);
  site.broker.submit(alice, {task(1)});
  for (const QueryKind kind : {QueryKind::why_queue, QueryKind::why_worker, QueryKind::metrics}) {
    CHECK(site.query(alice, kind, "default") == Errc::not_permitted);
    CHECK(site.query(boss, kind, "default") == Errc::ok);
  }
  CHECK(site.query(alice, QueryKind::why_task, id(1).to_string()) == Errc::ok);
  site.alice.manage = {"default"};
  CHECK(site.query(alice, QueryKind::why_queue, "default") == Errc::ok);
  CHECK(site.query(alice, QueryKind::why_queue, "other") == Errc::not_permitted);
  CHECK(site.query(alice, QueryKind::why_worker, "default") == Errc::not_permitted);
}

TEST_CASE("the status names only those tasks without a worker that the client may see") {
  Principals site;
  site.alice.manage = {"seen"};
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto in = [](std::uint64_t n, std::string queue, std::string name) {
    auto spec = std::make_shared<const TaskSpec>(TaskSpec{std::move(queue), std::move(name), 0, {}});
    return Submission{id(n), std::move(spec), Payload::copy("arguments")};
  };
  site.broker.submit(alice, {in(1, "default", "own"), in(2, "default", "own"), in(3, "default", "both")});
  site.broker.submit(bob, {in(4, "default", "both"), in(5, "default", "bobs"), in(6, "seen", "managed")});
  const auto unserved = [&](Principals::Name name) {
    std::string body;
    CHECK(site.query(site.client(name), QueryKind::status, "", &body) == Errc::ok);
    return body;
  };
  const std::string of_alice = unserved(Principals::kAlice);
  CHECK(has(of_alice, R"("name":"own","count":2)"));
  CHECK(has(of_alice, R"("name":"both","count":1)"));
  CHECK(has(of_alice, R"("name":"managed","count":1)"));
  CHECK_FALSE(has(of_alice, "bobs"));
  const std::string of_all = unserved(Principals::kOperator);
  CHECK(has(of_all, R"("name":"both","count":2)"));
  CHECK(has(of_all, R"("name":"bobs","count":1)"));
}

TEST_CASE("a task of another principal is unknown while it is on disk, and after a restart") {
  MemoryStore store{"s", true};
  Principals site{&store, on_disk()};
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  site.broker.submit(alice, {task(1), task(2), task(3)});
  REQUIRE(site.broker.core().state().tasks.paged_out() > 0);
  check_unknown(site, bob, id(3));
  site.broker.restart();
  const auto alice_again = site.client(Principals::kAlice);
  const auto bob_again = site.client(Principals::kBob);
  check_unknown(site, bob_again, id(2));
  CHECK(site.query(alice_again, QueryKind::task, id(2).to_string()) == Errc::ok);
  CHECK(site.cancel(alice_again, id(3)) == CancelState::cancelled);
}

TEST_CASE("lists leave out the tasks of others, and an operator sees all") {
  for (const bool durable : {false, true}) {
    CAPTURE(durable);
    MemoryStore store{"s", true};
    Principals site{durable ? &store : nullptr};
    const auto alice = site.client(Principals::kAlice);
    const auto bob = site.client(Principals::kBob);
    const auto boss = site.client(Principals::kOperator);
    site.broker.submit(alice, {task(1)});
    site.broker.submit(bob, {task(2)});
    std::string body;
    CHECK(site.query(bob, QueryKind::tasks, "", &body) == Errc::ok);
    CHECK_FALSE(has(body, id(1).to_string()));
    CHECK(has(body, id(2).to_string()));
    CHECK(site.query(boss, QueryKind::tasks, "", &body) == Errc::ok);
    CHECK(has(body, id(1).to_string()));
    CHECK(has(body, id(2).to_string()));
    CHECK(site.cancel(boss, id(1)) == CancelState::cancelled);
  }
}

TEST_CASE("the beginning of an id that only one visible task has names that task") {
  Principals site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto boss = site.client(Principals::kOperator);
  site.broker.submit(alice, {task(1)});
  site.broker.submit(bob, {task(2)});
  const std::string prefix = id(1).to_string().substr(0, 13);
  REQUIRE(id(2).to_string().starts_with(prefix));
  std::string body;
  CHECK(site.query(bob, QueryKind::task, prefix, &body) == Errc::ok);
  CHECK(has(body, id(2).to_string()));
  CHECK(site.query(boss, QueryKind::task, prefix) == Errc::task_unknown);
}

TEST_CASE("the right manage= opens the tasks of its queues, in memory and on disk") {
  MemoryStore store{"s", true};
  Principals site{&store, on_disk()};
  site.bob.manage = {"default"};
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  auto elsewhere = task(4);
  elsewhere.edit().queue = "other";
  site.broker.submit(alice, {task(1), task(2), task(3), elsewhere});
  REQUIRE(site.broker.core().state().tasks.find_paged_out(id(3)));
  site.broker.send(bob, Attach{{id(3)}});
  CHECK(site.broker.results(bob).empty());
  CHECK(site.cancel(bob, id(2)) == CancelState::cancelled);
  check_unknown(site, bob, id(4));
  std::string body;
  CHECK(site.query(bob, QueryKind::tasks, "", &body) == Errc::ok);
  CHECK(has(body, id(3).to_string()));
  CHECK_FALSE(has(body, id(4).to_string()));
  const auto worker = site.broker.worker(9);
  for (const auto& granted : site.broker.grants(worker)) site.broker.succeed(worker, granted.grant);
  CHECK(site.broker.results(bob).at(0).id == id(3));
}

TEST_CASE("results on disk are held for clients of their principal and for operators, and for no others") {
  constexpr std::uint64_t kTasks = 20;
  MemoryStore store{"s", true};
  Principals site{&store, on_disk()};
  const auto alice = site.client(Principals::kAlice);
  Attach all;
  for (std::uint64_t n = 1; n <= kTasks; ++n) {
    site.broker.submit(alice, {task(n)});
    all.ids.push_back(id(n));
  }
  site.broker.send(alice, Goodbye{});
  const auto worker = site.broker.worker(1);
  for (auto grants = site.broker.grants(worker); !grants.empty(); grants = site.broker.grants(worker))
    for (const auto& granted : grants) site.broker.succeed(worker, granted.grant, std::string(1024 * 1024, 'x'));
  const auto& state = site.broker.core().state();
  const auto last = state.tasks.find_paged_out(id(kTasks));
  REQUIRE(last);
  REQUIRE(is_terminal(last->state));

  struct Row {
    const char* who;
    Principals::Name name;
    Patterns manage;
    bool is_held;
    bool is_sent;
  };
  const std::vector<Row> rows{
      {"its own principal", Principals::kAlice, {}, true, true},
      {"an operator", Principals::kOperator, {}, true, true},
      {"manage= of its queue", Principals::kBob, {"default"}, false, true},
      {"manage= of another queue", Principals::kBob, {"other"}, false, false},
      {"a stranger", Principals::kBob, {}, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.who);
    site.bob.manage = row.manage;
    const auto number = static_cast<std::uint64_t>(&row - rows.data());
    Hello hello;
    hello.name = "reader";
    hello.instance = 900 + number;
    hello.window_results = 1;
    const auto reader = site.broker.greet(PeerId{row.name + 900 + number}, hello);
    site.broker.hold_commits();  // and the answers of the store
    site.broker.send(reader, all);
    CHECK(state.paging.held.empty() != row.is_held);
    site.broker.release_commits();
    // Most results are still to be fetched when the first ones have come to memory.
    CHECK(state.paging.held.empty() != row.is_held);
    const auto results = site.broker.results(reader);
    REQUIRE(!results.empty());
    CHECK((results[0].outcome.kind == OutcomeKind::succeeded) == row.is_sent);
    site.broker.send(reader, Goodbye{});
    CHECK(state.paging.held.empty());
  }
}

TEST_CASE("all clients of one principal see its tasks, and another connection fetches the result") {
  Principals site;
  const auto first = site.client(Principals::kAlice);
  const auto second = site.client(Principals::kAlice);
  site.broker.submit(first, {task(1)});
  site.broker.send(second, Attach{{id(1)}});
  const auto worker = site.broker.worker(1);
  site.broker.succeed(worker, site.broker.grants(worker).at(0).grant);
  CHECK(site.broker.results(second).size() == 1);
}

TEST_CASE("a list of processes says nothing of the tasks of others") {
  Principals site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  auto secret = task(1);
  secret.edit().options.label = "secret label";
  site.broker.submit(alice, {secret});
  const auto worker = site.broker.worker(1);
  ProcessRow row;
  row.pid = 50;
  row.role = ProcessRole::child;
  row.grant = site.broker.grants(worker).at(0).grant;
  row.command = "secret command";
  site.broker.send(worker, Report{{row}});
  std::string body;
  CHECK(site.query(bob, QueryKind::processes, "", &body) == Errc::ok);
  CHECK(has(body, "\"pid\":50"));
  CHECK_FALSE(has(body, "secret"));
  CHECK_FALSE(has(body, id(1).to_string()));
  CHECK(site.query(alice, QueryKind::processes, "", &body) == Errc::ok);
  CHECK(has(body, "secret command"));
  CHECK(has(body, "secret label"));
  site.broker.succeed(worker, row.grant);  // before the next report
  CHECK(site.query(bob, QueryKind::processes, "", &body) == Errc::ok);
  CHECK(has(body, "\"pid\":50"));
  CHECK_FALSE(has(body, "secret"));
  CHECK(site.query(site.client(Principals::kOperator), QueryKind::processes, "", &body) == Errc::ok);
  CHECK(has(body, "secret command"));
}

TEST_CASE("each principal has its own keys: none learns of, takes over or blocks another's") {
  for (const bool durable : {false, true}) {
    CAPTURE(durable);
    MemoryStore store{"s", true};
    Principals site{durable ? &store : nullptr, durable ? on_disk() : CoreOptions{}};
    const auto bob = site.client(Principals::kBob);
    auto alice = site.client(Principals::kAlice);
    site.broker.submit(bob, {task(8), keyed(1, "order-17", "forged"), task(9)});  // the same queue and key: the same id
    site.broker.submit(alice, {keyed(1, "order-17"), keyed(1, "order-17")});
    for (const SubmitAck& ack : site.broker.take<SubmitAck>(alice)) CHECK(ack.rejected.empty());
    CHECK(site.broker.core().state().tasks.size() == 4);
    CHECK(site.broker.submit_rejected(alice, keyed(1, "order-17", "other")).code == Errc::duplicate_task);
    if (durable) {
      site.broker.restart();
      alice = site.client(Principals::kAlice);
      site.broker.submit(alice, {keyed(1, "order-17")});  // is recognized
      CHECK(site.broker.core().state().tasks.size() == 4);
      site.broker.advance(2s);
    }
    std::string body;
    CHECK(site.query(alice, QueryKind::task, id(1).to_string(), &body) == Errc::ok);
    CHECK(has(body, id(1).to_string()));
    CHECK(site.query(alice, QueryKind::tasks, "", &body) == Errc::ok);
    CHECK(has(body, id(1).to_string()));
    const auto worker = site.broker.worker(9);
    std::size_t count = 0;
    for (const auto& granted : site.broker.grants(worker)) {
      const bool is_honest = granted.payload.view() == "arguments" && granted.id != id(8) && granted.id != id(9);
      CHECK_FALSE((is_honest && granted.id == id(1)));
      site.broker.succeed(worker, granted.grant, is_honest ? "honest" : "forged");
      ++count;
    }
    CHECK(count == 4);
    const auto results = site.broker.results(alice);
    REQUIRE(results.size() == 1);
    CHECK(results[0].id == id(1));
    CHECK(results[0].outcome.value.view() == "honest");
    site.broker.send(alice, ResultAck{{site.broker.last_taken()}});
    if (!durable) CHECK(site.broker.results(bob).size() == 3);
  }
}

TEST_CASE("a task under a name that another's has is cancelled and watched by the name that its owner gave it") {
  Principals site;
  const auto bob = site.client(Principals::kBob);
  const auto alice = site.client(Principals::kAlice);
  site.broker.submit(bob, {keyed(1, "k")});
  site.broker.submit(alice, {keyed(1, "k")});
  const auto worker = site.broker.worker(9);
  const auto grants = site.broker.grants(worker);
  REQUIRE(grants.size() == 2);
  CHECK(grants[0].id == id(1));
  CHECK(grants[1].id != id(1));
  std::string body;
  CHECK(site.query(alice, QueryKind::task, id(1).to_string().substr(0, 34), &body) == Errc::ok);
  CHECK(has(body, id(1).to_string()));
  TaskFilter filter;
  filter.id = id(1).to_string();
  CHECK(site.ask(alice, Query{5, QueryKind::tasks, "", filter}, &body) == Errc::ok);
  CHECK(has(body, id(1).to_string()));
  site.broker.send(worker, Progress{{{{}, grants[1].grant, 0.5, "half"}}});
  CHECK(site.broker.take<Progress>(alice).at(0).notes.at(0).id == id(1));
  CHECK(site.broker.take<Progress>(bob).empty());
  for (const Message& refused : {Message{Query{5, QueryKind::process, id(1).to_string(), {}}},
                                 Message{Command{6, SendSignal{id(1).to_string(), 15}}},
                                 Message{Command{7, DropDeadLetter{id(1).to_string()}}}}) {
    site.broker.send(alice, refused);
    CHECK(has(site.broker.take<Reply>(alice).at(0).text, "task " + id(1).to_string() + " "));
  }
  site.broker.send(alice, Cancel{{id(1)}});
  CHECK(site.broker.take<Revoke>(worker).at(0).grants == std::vector<Grant>{grants[1].grant});
  site.broker.send(worker, Revoked{{{grants[1].grant, RevokeState::returned}}, 9});
  const auto answers = site.broker.take<CancelReply>(alice).at(0).answers;
  CHECK(answers.at(0).id == id(1));
  CHECK(answers.at(0).state == CancelState::cancelled);
  CHECK(site.broker.results(alice).at(0).id == id(1));
  CHECK(site.cancel(bob, grants[1].id) == CancelState::unknown);
}

TEST_CASE("a key under a name that another's has can be used again, and its owner still knows the task by that name") {
  CoreOptions options;
  options.result_ttl = options.key_window = 10s;
  Principals site{nullptr, options};
  const auto bob = site.client(Principals::kBob);
  const auto alice = site.client(Principals::kAlice);
  site.broker.submit(bob, {keyed(1, "k")});
  site.broker.submit(alice, {keyed(1, "k")});
  const auto worker = site.broker.worker(9);
  for (const auto& granted : site.broker.grants(worker)) site.broker.fail(worker, granted.grant);
  REQUIRE(site.broker.results(alice).size() == 1);
  site.broker.send(alice, ResultAck{{site.broker.last_taken()}});
  site.broker.advance_alive(11s, {alice, bob, worker});  // only a dead letter has the key from now on
  site.broker.submit(alice, {keyed(1, "k", "others")});
  const auto grants = site.broker.grants(worker);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].payload.view() == "others");
  site.broker.succeed(worker, grants[0].grant);
  const auto results = site.broker.results(alice);
  REQUIRE(results.size() == 1);
  CHECK(results[0].id == id(1));
  std::string body;
  CHECK(site.query(alice, QueryKind::task, id(1).to_string(), &body) == Errc::ok);
  CHECK(has(body, "\"state\":\"succeeded\""));
}

TEST_CASE("tasks of peers without a principal do not hide those of principals, and the other way round") {
  Principals site;
  const auto local = site.broker.client();
  const auto alice = site.client(Principals::kAlice);
  site.broker.submit(local, {keyed(1, "k", "local")});
  site.broker.submit(alice, {keyed(1, "k")});
  CHECK(site.broker.core().state().tasks.size() == 2);
  site.broker.submit(alice, {keyed(2, "j")});
  site.broker.submit(local, {keyed(2, "j", "local")});
  CHECK(site.broker.core().state().tasks.size() == 4);
  const auto worker = site.broker.worker(9);
  for (const auto& granted : site.broker.grants(worker)) site.broker.succeed(worker, granted.grant);
  CHECK(site.broker.results(local).size() == 2);
  CHECK(site.broker.results(alice).size() == 2);
}

TEST_CASE("tasks that were stored before principals were noted belong to operators") {
  MemoryStore store{"s", true};
  {
    Broker before{{}, &store};
    before.submit(before.client(), {task(1)});
  }
  Principals site{&store};
  const auto alice = site.client(Principals::kAlice);
  const auto boss = site.client(Principals::kOperator);
  check_unknown(site, alice, id(1));
  CHECK(site.query(boss, QueryKind::task, id(1).to_string()) == Errc::ok);
}

TEST_CASE("a dead letter that an operator retries still belongs to its submitter") {
  Principals site;
  const auto alice = site.client(Principals::kAlice);
  const auto boss = site.client(Principals::kOperator);
  site.broker.submit(alice, {task(1)});
  const auto worker = site.broker.worker(1);
  site.broker.fail(worker, site.broker.grants(worker).at(0).grant);
  CHECK(site.ask(boss, Command{6, RetryDeadLetter{id(1).to_string(), id(2)}}) == Errc::ok);
  CHECK(site.query(alice, QueryKind::task, id(2).to_string()) == Errc::ok);
}

TEST_CASE("other arguments in the name of another principal are for operators that may submit such a task") {
  Rights others;
  others.own_tasks_only = true;
  Rights manager = others;
  manager.manage = {"default"};
  Rights operators;
  Rights of_other_queues = operators;
  of_other_queues.submit = {"mail.*"};
  Rights of_other_names = operators;
  of_other_names.submit_names = {"mail.*"};
  Rights of_low_priority = operators;
  of_low_priority.max_priority = 4;
  struct Row {
    const char* who;
    Principals::Name name;
    Rights rights;
    Errc edited;
    Errc plain;
  };
  const std::vector<Row> rows{
      {"its own principal", Principals::kAlice, others, Errc::ok, Errc::ok},
      {"a stranger to the task", Principals::kBob, others, Errc::task_unknown, Errc::task_unknown},
      {"manage= of the queue", Principals::kBob, manager, Errc::not_permitted, Errc::ok},
      {"an operator", Principals::kOperator, operators, Errc::ok, Errc::ok},
      {"an operator of other queues", Principals::kOperator, of_other_queues, Errc::right_missing, Errc::right_missing},
      {"an operator of other names", Principals::kOperator, of_other_names, Errc::right_missing, Errc::right_missing},
      {"an operator of low priority", Principals::kOperator, of_low_priority, Errc::right_missing, Errc::right_missing},
  };
  for (const Row& row : rows) {
    for (const bool is_edited : {true, false}) {
      CAPTURE(row.who);
      CAPTURE(is_edited);
      Principals site;
      (row.name == Principals::kAlice ? site.alice : row.name == Principals::kBob ? site.bob : site.all) = row.rights;
      const auto alice = site.client(Principals::kAlice);
      TaskOptions options;
      options.priority = 5;
      site.broker.submit(alice, {task(1, options)});
      const auto worker = site.broker.worker(1);
      site.broker.fail(worker, site.broker.grants(worker).at(0).grant);
      REQUIRE(site.broker.results(alice).size() == 1);
      site.broker.send(alice, ResultAck{{site.broker.last_taken()}});
      const auto client = site.client(row.name);
      const std::string letter = id(1).to_string();
      const auto given = is_edited
                             ? site.ask(client, Command{6, RetryEdited{letter, id(2), Payload::copy("other"), ""}})
                             : site.ask(client, Command{6, RetryDeadLetter{letter, id(2)}});
      CHECK(given == (is_edited ? row.edited : row.plain));
      const Task* made = site.broker.core().state().tasks.find(id(2));
      CHECK((made != nullptr) == (given == Errc::ok));
      CHECK((site.broker.core().state().tasks.find(id(1)) != nullptr) == (given != Errc::ok));
      if (made == nullptr) continue;
      CHECK(made->spec->principal == "alice");
      CHECK(made->payload.view() == (is_edited ? "other" : "arguments"));
    }
  }
}

TEST_CASE("a task that an operator submits after it has retried one of another principal is the operator's own") {
  for (const bool is_named : {true, false}) {
    CAPTURE(is_named);
    Principals site;
    const auto alice = site.client(Principals::kAlice);
    const auto boss = is_named ? site.client(Principals::kOperator) : site.broker.client();
    site.broker.submit(alice, {task(1)});
    const auto worker = site.broker.worker(1);
    site.broker.fail(worker, site.broker.grants(worker).at(0).grant);
    CHECK(site.ask(boss, Command{6, RetryDeadLetter{id(1).to_string(), id(2)}}) == Errc::ok);
    site.broker.submit(boss, {task(3)});
    REQUIRE(site.broker.core().state().tasks.find(id(3)) != nullptr);
    CHECK(site.broker.core().state().tasks.find(id(3))->spec->principal == (is_named ? "operator" : ""));
    CHECK(site.query(alice, QueryKind::task, id(3).to_string()) == Errc::task_unknown);
    CHECK(site.query(alice, QueryKind::task, id(2).to_string()) == Errc::ok);
  }
}

TEST_CASE("numbers of sessions are told to their own principal and to operators") {
  Principals site;
  const auto worker = site.broker.worker(1);
  site.broker.send(worker, Report{{ProcessRow{}}});
  const std::string number = "\"session\":" + std::to_string(worker.session.value());
  for (const auto& [name, sees] : {std::pair{Principals::kBob, false}, {Principals::kOperator, true}}) {
    const auto client = site.client(name);
    for (const QueryKind kind : {QueryKind::workers, QueryKind::processes}) {
      std::string body;
      CHECK(site.query(client, kind, "", &body) == Errc::ok);
      CHECK(has(body, number) == sees);
    }
  }
}

TEST_CASE("objects that a client may not use are unknown to its queries") {
  Principals site;
  site.bob.objects = {"mail.*"};
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  Operation open;
  open.number = 1;
  open.verb = Verb::open;
  open.spec = ObjectSpec{"other", ObjectKind::lock, 0, 0, 0, 0, Durability::memory};
  site.broker.send(alice, Operate{0, {open}});
  std::string body;
  CHECK(site.query(bob, QueryKind::objects, "", &body) == Errc::ok);
  CHECK_FALSE(has(body, "other"));
  CHECK(site.query(bob, QueryKind::object, "other") == Errc::object_unknown);
  CHECK(site.query(alice, QueryKind::object, "other") == Errc::ok);
}

}  // namespace forkmill::broker::test::task_visibility_test
