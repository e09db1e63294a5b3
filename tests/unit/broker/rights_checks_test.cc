// Rights checks: queues and objects that a principal may use.
#include "broker/core/state/rights_checks.h"

#include "proto/mutants.h"
#include "tests/unit/broker/broker.h"

namespace forkmill::broker::test::rights_checks_test {

namespace {

// A broker whose peers all have these rights.
Broker limited_to(const Rights& rights) {
  CoreOptions options;
  options.rights_of = [&rights](PeerId) { return &rights; };
  return Broker{options};
}

std::string nobody(PeerId, Role) { return {}; }

Submission task_in(std::uint64_t n, std::string queue) {
  auto spec = std::make_shared<const TaskSpec>(TaskSpec{std::move(queue), "t.echo", 0, {}});
  return {id(n), std::move(spec), Payload::copy("arguments")};
}

// Returns the code of the answer.
Errc operate(Broker& broker, const Broker::Peer& peer, Operation operation) {
  broker.send(peer, Operate{0, {std::move(operation)}});
  return broker.take<Operated>(peer).at(0).answers.at(0).code;
}

Operation open_lock(std::uint64_t number, std::string name) {
  Operation operation;
  operation.number = number;
  operation.verb = Verb::open;
  operation.spec = ObjectSpec{std::move(name), ObjectKind::lock, 0, 0, 0, 0, Durability::memory};
  return operation;
}

}  // namespace

TEST_CASE("a pattern is a name, or its beginning with * behind; no pattern allows all") {
  CHECK(allows({}, "mail"));
  CHECK(allows({"mail"}, "mail"));
  CHECK_FALSE(allows({"mail"}, "mail.fetch"));
  CHECK(allows({"other", "mail.*"}, "mail.fetch"));
  CHECK_FALSE(allows({"mail.*"}, "mail"));
  CHECK(allows({"*"}, "mail"));
}

TEST_CASE("tasks for queues that a client may not use are rejected one by one, also after its rights have changed") {
  Rights rights{{"mail.*"}, {}, {}};
  Broker broker = limited_to(rights);
  const auto client = broker.client();
  broker.submit(client, {task_in(1, "mail.fetch"), task_in(2, "other")});
  const auto acks = broker.take<SubmitAck>(client);
  REQUIRE(acks.at(0).rejected.size() == 1);
  CHECK(acks[0].rejected[0].id == id(2));
  CHECK(acks[0].rejected[0].code == Errc::right_missing);
  CHECK(acks[0].rejected[0].text.find("queue 'other'") != std::string::npos);
  CHECK(broker.core().state().totals.refused.count == 1);
  rights.submit = {"other"};
  broker.expel(nobody);
  CHECK(broker.submit_rejected(client, task_in(3, "mail.fetch")).code == Errc::right_missing);
  CHECK(broker.core().state().tasks.size() == 1);
}

TEST_CASE("a right that is taken away is missing for the next task, also of a spec that is known") {
  // Two specs in turn: what is known of the one before the last is kept elsewhere than that of the last.
  for (const std::uint64_t queues : {1, 2}) {
    CAPTURE(queues);
    Rights rights{{"mail.*"}, {}, {}};
    Broker broker = limited_to(rights);
    const auto client = broker.client();
    const auto next_task = [&](std::uint64_t n) { return task_in(n, "mail." + std::to_string(n % queues)); };
    for (std::uint64_t n = 1; n <= 4; ++n) broker.submit(client, {next_task(n)});
    CHECK(broker.core().state().tasks.size() == 4);
    rights.submit = {"other"};
    broker.expel(nobody);
    for (std::uint64_t n = 5; n <= 8; ++n)
      CHECK(broker.submit_rejected(client, next_task(n)).code == Errc::right_missing);
    rights.submit = {"mail.*"};
    broker.expel(nobody);
    for (std::uint64_t n = 9; n <= 12; ++n) broker.submit(client, {next_task(n)});
    CHECK(broker.core().state().tasks.size() == 8);
    CHECK(broker.core().state().totals.refused.count == 4);
  }
}

#ifdef FORKMILL_MUTANTS
TEST_CASE("with the fault stale_right a right that was taken away lasts for known specs: the test above would see it") {
  struct Chosen {
    Chosen() { chosen_mutant = Mutant::stale_right; }
    ~Chosen() { chosen_mutant = Mutant::none; }
    Chosen(const Chosen&) = delete;
    Chosen& operator=(const Chosen&) = delete;
  };
  const Chosen fault;
  Rights rights{{"mail.*"}, {}, {}};
  Broker broker = limited_to(rights);
  const auto client = broker.client();
  broker.submit(client, {task_in(1, "mail.fetch")});
  rights.submit = {"other"};
  broker.expel(nobody);
  broker.submit(client, {task_in(2, "mail.fetch")});
  CHECK(broker.core().state().tasks.size() == 2);
}
#endif

TEST_CASE("a right that is taken away is missing for a name and a priority that are known") {
  Rights rights;
  rights.submit_names = {"t.*"};
  rights.max_priority = 5;
  Broker broker = limited_to(rights);
  const auto client = broker.client();
  TaskOptions urgent;
  urgent.priority = 5;
  broker.submit(client, {task(1, urgent), task(2, urgent)});
  rights.max_priority = 4;
  broker.expel(nobody);
  CHECK(broker.submit_rejected(client, task(3, urgent)).code == Errc::right_missing);
  rights = {};
  rights.submit_names = {"mail.*"};
  broker.expel(nobody);
  CHECK(broker.submit_rejected(client, task(4, urgent)).code == Errc::right_missing);
  CHECK(broker.core().state().tasks.size() == 2);
}

TEST_CASE("what one client may submit says nothing of another one, nor of its next session with other rights") {
  Rights wide;
  Rights narrow{{"other"}, {}, {}};
  CoreOptions options;
  options.rights_of = [&](PeerId peer) { return peer.value() % 2 == 0 ? &wide : &narrow; };
  Broker broker{options};
  Hello hello;
  hello.name = "client";
  const auto first = broker.greet(PeerId{1000}, hello);
  broker.submit(first, {task_in(1, "mail")});
  CHECK(broker.core().state().tasks.size() == 1);
  const auto second = broker.greet(PeerId{1001}, hello);
  CHECK(broker.submit_rejected(second, task_in(2, "mail")).code == Errc::right_missing);
  hello.resume = first.session;
  const auto again = broker.greet(PeerId{1003}, hello);
  REQUIRE(again.welcome.resumed);
  CHECK(broker.submit_rejected(again, task_in(3, "mail")).code == Errc::right_missing);
}

TEST_CASE("tasks of a name or a priority without the right are rejected, and the text says which right is missing") {
  Rights rights;
  rights.submit_names = {"mail.*"};
  rights.max_priority = 5;
  Broker broker = limited_to(rights);
  const auto client = broker.client();
  const auto by_name = broker.submit_rejected(client, task(1));
  CHECK(by_name.code == Errc::right_missing);
  CHECK(by_name.text ==
        "this key may not submit task 't.echo': no pattern submit-names= of its line in "
        "--authorized-keys of the broker matches");
  rights.submit_names = {"t.*"};
  TaskOptions urgent;
  urgent.priority = 6;
  const auto by_priority = broker.submit_rejected(client, task(2, urgent));
  CHECK(by_priority.code == Errc::right_missing);
  CHECK(by_priority.text ==
        "this key may not submit with priority 6: its line in --authorized-keys of the broker has max-priority=5");
  CHECK(broker.core().state().totals.refused.count == 2);
  CHECK(broker.core().state().totals.refused.last == by_priority.text);
  urgent.priority = 5;
  broker.submit(client, {task(3, urgent)});
  CHECK(broker.core().state().tasks.size() == 1);
}

TEST_CASE("a worker that registers a task without the right to its name is refused") {
  Rights rights;
  rights.serve_names = {"mail.*"};
  Broker broker = limited_to(rights);
  const PeerId stranger{500};
  broker.greet(stranger, Broker::worker_hello());
  const auto error = broker.take<ErrorMessage>(stranger).at(0);
  CHECK(error.code == Errc::right_missing);
  CHECK(error.text.find("serve task 't.echo': no pattern serve-names=") != std::string::npos);
  rights.serve_names = {"t.echo"};
  CHECK(broker.connect(Broker::worker_hello()).session);
}

TEST_CASE("a worker that serves a queue without the right to it is refused, and ends when the right is taken away") {
  Rights rights{{}, {"mail.*"}, {}};
  Broker broker = limited_to(rights);
  const PeerId stranger{500};
  broker.greet(stranger, Broker::worker_hello({"mail.fetch", "default"}));
  CHECK(broker.take<ErrorMessage>(stranger).at(0).code == Errc::right_missing);
  const auto worker = broker.connect(Broker::worker_hello({"mail.fetch"}));
  REQUIRE(worker.session);
  broker.expel(nobody);
  CHECK(broker.core().state().workers.size() == 1);
  rights.serve = {"default"};
  broker.expel(nobody);
  CHECK(broker.take<Goodbye>(worker).at(0).code == Errc::right_missing);
  CHECK(broker.core().state().workers.empty());
}

TEST_CASE("an object that a client may not use cannot be opened, nor used by its number") {
  Rights rights{{}, {}, {}};
  Broker broker = limited_to(rights);
  const auto owner = broker.client();
  broker.send(owner, Operate{0, {open_lock(1, "other")}});
  const auto lock = static_cast<std::uint64_t>(broker.take<Operated>(owner).at(0).answers.at(0).a);
  rights.objects = {"mail.*"};
  const auto client = broker.client();
  CHECK(operate(broker, client, open_lock(1, "other")) == Errc::right_missing);
  Operation acquire;
  acquire.number = 2;
  acquire.verb = Verb::acquire;
  acquire.object = lock;
  CHECK(operate(broker, client, acquire) == Errc::right_missing);
  CHECK(operate(broker, client, open_lock(3, "mail.lock")) == Errc::ok);
  CHECK(operate(broker, client, open_lock(4, "anonymous:1:1")) == Errc::ok);
}

}  // namespace forkmill::broker::test::rights_checks_test
