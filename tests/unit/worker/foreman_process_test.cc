// Attempts with a process of their own, beyond the pool.
#include "tests/unit/worker/foreman_world.h"

namespace forkmill::worker::tests::foreman_process_test {

namespace {

// Forks the process that was requested last; returns its slot.
std::uint32_t born(World& world) {
  const std::uint32_t slot = world.forked.back();
  world.spawn(slot);
  world.settle();
  return slot;
}

}  // namespace

TEST_CASE("a process has a place beyond the pool, and its attempt ends with it") {
  World world{2};
  const auto credit = world.last_credit;
  world.grant_process(1);
  world.settle();
  REQUIRE(world.forked == std::vector<std::uint32_t>{2});
  CHECK(world.last_credit == credit);
  CHECK(world.started.empty());
  born(world);
  REQUIRE(world.started.size() == 1);
  CHECK(world.started[0].pid == 5002);
  CHECK(world.started[0].host == "h");
  world.start(2);
  world.finish(2);
  world.settle();
  CHECK(world.outcomes.empty());  // the process has still to exit
  world.die(2, 0);
  world.settle();
  REQUIRE(world.outcomes.count(1) == 1);
  CHECK(world.outcomes[1].outcome.kind == proto::OutcomeKind::succeeded);
  CHECK(world.gone == std::vector<std::uint32_t>{4711});
  CHECK(world.foreman.attempts().size() == 0);
}

TEST_CASE("an error of a process comes with its exit code") {
  World world{1};
  world.grant_process(1);
  born(world);
  world.start(1);
  world.finish(1, 100, Verdict::failed);
  world.die(1, 0);
  world.settle();
  REQUIRE(world.outcomes.count(1) == 1);
  const auto& outcome = world.outcomes[1].outcome;
  CHECK(outcome.kind == proto::OutcomeKind::failed);
  CHECK(outcome.error->type == "std::runtime_error");
  CHECK(outcome.error->forensics.exit_code == 3);
}

TEST_CASE("a killed process is lost with its signal, also before it began") {
  World world{1};
  world.grant_process(1);
  born(world);
  world.start(1);
  world.die(1, SIGSEGV);
  world.grant_process(2);
  world.settle();
  CHECK(world.forked.back() == 1);  // the place is free again
  world.spawn(1);
  world.die(1, SIGTERM);
  world.settle();
  REQUIRE(world.outcomes.size() == 2);
  CHECK(world.outcomes[1].outcome.error->forensics.signal == SIGSEGV);
  CHECK(world.outcomes[2].outcome.kind == proto::OutcomeKind::lost);
  CHECK(world.outcomes[2].outcome.error->forensics.signal == SIGTERM);
}

TEST_CASE("a worker forks no more processes than it is allowed to") {
  World world{1};
  for (std::uint64_t seq = 1; seq <= 4; ++seq) world.grant_process(seq);
  world.settle();
  CHECK(world.forked.size() == 3);
  CHECK(world.returned == std::vector<std::uint64_t>{4});
}

TEST_CASE("signals go to the process alone, and wait until it is forked") {
  World world{1};
  world.grant_process(1);
  world.settle();
  world.hear(proto::Signals{{{grant_of(1), SIGTERM}, {grant_of(7), SIGKILL}}});
  world.spawn(1);
  CHECK(world.children[1].log == "signal 15 ");
  world.hear(proto::Signals{{{grant_of(1), SIGUSR1}}});
  CHECK(world.children[1].log == "signal 15 signal 10 ");
  world.die(1, SIGTERM);
  world.hear(proto::Signals{{{grant_of(1), SIGUSR1}}});
  CHECK(world.children[1].log == "signal 15 signal 10 ");
}

TEST_CASE("a task of the pool gets no signals") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  world.hear(proto::Signals{{{grant_of(1), SIGTERM}}});
  CHECK(world.children[0].log.empty());
}

TEST_CASE("a process that is revoked before its task begins never begins it") {
  World world{1};
  world.grant_process(1);
  world.settle();
  world.hear(proto::Revoke{{grant_of(1)}});
  world.settle();
  CHECK(world.answers[1] == proto::RevokeState::returned);
  world.spawn(1);
  CHECK(world.children[1].log == "KILL ");
  CHECK(world.children[1].ring.empty());

  world.grant_process(2);
  world.settle();
  CHECK(world.forked.back() == 2);  // the first place is not free yet
  world.spawn(2);
  world.hear(proto::Revoke{{grant_of(2)}});
  world.settle();
  CHECK(world.answers[2] == proto::RevokeState::returned);
  CHECK(world.children[2].log == "KILL ");
  world.die(1, SIGKILL, true);
  world.die(2, SIGKILL, true);
  world.settle();
  CHECK(world.outcomes.empty());
}

TEST_CASE("a cancelled process gets stop token, SIGTERM and SIGKILL, and a daemon SIGTERM at once") {
  World world{1};
  world.grant_process(1);
  world.grant_process(2, true);
  world.settle();
  for (const std::uint32_t slot : {1U, 2U}) {
    world.spawn(slot);
    world.start(slot);
  }
  world.hear(proto::Revoke{{grant_of(1), grant_of(2)}});
  world.settle();
  CHECK(world.answers[1] == proto::RevokeState::stopping);
  CHECK(world.children[1].log == "stop ");
  CHECK(world.children[2].log == "stop TERM ");
  world.pass(5s);
  CHECK(world.children[1].log == "stop TERM ");
  CHECK(world.children[2].log == "stop TERM KILL ");
  world.die(2, SIGKILL, true);
  world.settle();
  CHECK(world.outcomes[2].outcome.kind == proto::OutcomeKind::cancelled);
}

TEST_CASE("the time limit of a process counts from its birth") {
  World world{1};
  proto::Grants grants;
  auto& task = grants.tasks.emplace_back();
  task.grant = grant_of(1);
  task.edit().name = "short";
  task.edit().options.process = true;
  task.edit().options.timeout = 1000ms;
  world.hear(grants);
  world.pass(10s);
  born(world);
  world.start(1);
  world.pass(900ms);
  CHECK(world.children[1].log.empty());
  world.pass(100ms);
  CHECK(world.children[1].log == "stop TERM ");
  world.die(1, SIGTERM, true);
  world.settle();
  CHECK(world.outcomes[1].outcome.kind == proto::OutcomeKind::timed_out);
}

TEST_CASE("a new session is told again which processes run") {
  World world{1};
  world.grant_process(1);
  born(world);
  world.grant_process(2);  // not born
  world.settle();
  world.started.clear();
  world.welcome(8);
  world.settle();
  REQUIRE(world.started.size() == 1);
  CHECK(world.started[0].grant == grant_of(1));
  CHECK(world.last_hello.worker.holding.size() == 2);
}

TEST_CASE("an abandoned process is ended and not reported") {
  World world{1};
  world.grant_process(1);
  born(world);
  world.start(1);
  world.welcome(8, {grant_of(1)});
  world.pass(5s);
  CHECK(world.children[1].log == "stop TERM ");
  world.die(1, SIGTERM, true);
  world.settle();
  CHECK(world.outcomes.empty());
  CHECK(world.foreman.attempts().size() == 0);
}

TEST_CASE("a drain waits for processes, takes no new ones, and ends those that take too long") {
  World world{1};
  world.grant_process(1);
  born(world);
  world.start(1);
  world.foreman.drain(world.now, world.now + 10s);
  world.grant_process(2);
  world.settle();
  CHECK(world.returned == std::vector<std::uint64_t>{2});
  CHECK_FALSE(world.foreman.finished(world.now));
  world.pass(10s);
  CHECK(world.children[1].log == "stop ");
  world.die(1, 0);
  world.settle();
  world.acknowledge();
  CHECK(world.foreman.finished(world.now));
}

TEST_CASE("every death of a child is reported") {
  World world{1};
  world.die(0, SIGKILL);
  world.settle();
  CHECK(world.gone == std::vector<std::uint32_t>{4711});
}

TEST_CASE("a process that could not be forked goes back to the broker, and the worker takes none for a while") {
  World world{1};
  world.grant_process(1);
  world.settle();
  ControlFacts facts;
  facts.kind = ControlKind::died;
  facts.child = {1, 0};
  world.foreman.handle(world.now, ChildDeath{facts, "fork: no memory", {}});
  world.settle();
  CHECK(world.outcomes.empty());
  CHECK(world.returned == std::vector<std::uint64_t>{1});
  CHECK(world.pause == Shortage::kFirst);
  CHECK(world.shortage == "fork: no memory");
  world.grant_process(2);
  world.settle();
  CHECK(world.returned == std::vector<std::uint64_t>{1, 2});
  world.pass(Shortage::kFirst);
  world.grant_process(3);
  world.settle();
  CHECK(world.returned == std::vector<std::uint64_t>{1, 2});
}

}  // namespace forkmill::worker::tests::foreman_process_test
