// The rules of a whole worker.
#include <set>

#include "tests/unit/worker/foreman_world.h"

namespace foreman_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace forkmill::worker::tests;

TEST_CASE("a grant is run and its result reported once") {
  World world{2};
  world.grant(1);
  world.grant(1);  // again: the same grant
  world.settle();
  CHECK(world.foreman.attempts().size() == 1);
  CHECK(world.start(0) == 1);
  world.finish(0);
  world.settle();
  const auto& outcome = world.outcomes.at(1).outcome;
  CHECK(outcome.kind == proto::OutcomeKind::succeeded);
  CHECK(outcome.value.view() == "value");
  CHECK(outcome.worker == "w");
  CHECK(outcome.attempt == proto::Attempt{1});
  CHECK(world.foreman.attempts().size() == 0);
}

TEST_CASE("a child is told the number of a task as the shard of the task has it") {
  constexpr std::uint64_t kOfSecondShard = std::uint64_t{1} << 56;
  World world{1};
  world.grant(kOfSecondShard | 7);
  world.settle();
  CHECK(shard_of(world.foreman.attempts().grants().front()) == 2);
  CHECK(world.start(0) == 7);
}

TEST_CASE("an unknown task and a wrong signature are answered without any child") {
  World world{1};
  world.grant(1, "nobody.knows");
  proto::Grants grants;
  auto& task = grants.tasks.emplace_back();
  task.grant = grant_of(2);
  task.edit().name = "short";
  task.edit().signature = 99;
  world.hear(grants);
  world.settle();
  CHECK(world.outcomes.at(1).outcome.error->code == Errc::unknown_task);
  CHECK(world.outcomes.at(2).outcome.error->code == Errc::signature_mismatch);
  CHECK(world.children[0].ring.empty());
}

TEST_CASE("the death of a child costs the attempt that it ran, and the others go to its siblings") {
  World world{2};
  world.measure(1, 100);
  for (std::uint64_t seq = 2; seq <= 41; ++seq) world.grant(seq);
  world.settle();
  const auto lost = world.start(0);
  const auto waiting = world.children[0].ring.size();
  REQUIRE(waiting > 5);
  world.die(0, SIGSEGV);
  world.settle();
  CHECK(world.outcomes.size() == 2);
  const auto& error = *world.outcomes.at(lost).outcome.error;
  CHECK(world.outcomes.at(lost).outcome.kind == proto::OutcomeKind::lost);
  CHECK(error.code == Errc::worker_lost);
  CHECK(error.forensics.signal == SIGSEGV);
  CHECK(error.forensics.output == "last words");
  CHECK(error.message == "child 4711 was killed by signal 11 (SIGSEGV)");
  CHECK(world.foreman.attempts().size() == 39);
  world.spawn(0);
  world.settle();
  CHECK(world.children[0].ring.size() + world.children[1].ring.size() == 39);
}

TEST_CASE("the report of a death tells the exit code, or that the worker did not send the SIGKILL") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  SUBCASE("exit") {
    world.die(0, 0);
    world.settle();
    CHECK(world.outcomes.at(1).outcome.error->forensics.exit_code == 3);
    CHECK(world.outcomes.at(1).outcome.error->message == "child 4711 exited with code 3 in the task");
  }
  SUBCASE("out of memory") {
    world.die(0, SIGKILL);
    world.settle();
    CHECK(world.outcomes.at(1).outcome.error->message.find("out of memory?") != std::string::npos);
  }
}

TEST_CASE("a long task has no others behind it while a sibling is free") {
  World world{2};
  world.measure(1, 10);
  for (std::uint64_t seq = 2; seq <= 4; ++seq) world.grant(seq);
  world.settle();
  REQUIRE(world.children[0].ring.size() == 3);  // expected to be short: not worth waking the sibling
  world.start(0);
  CHECK(world.foreman.next_wakeup() <= world.now + 3ms);
  world.pass(3ms);
  CHECK(world.children[0].ring.empty());
  CHECK_FALSE(world.children[1].ring.empty());
}

TEST_CASE("attempts that are called back from the only child wait, and the worker comes to rest") {
  World world{1};
  world.measure(1, 10);
  world.grant(2);
  world.grant(3);
  world.settle();
  REQUIRE(world.children[0].ring.size() == 2);
  world.start(0);
  world.pass(3ms);
  CHECK(world.children[0].ring.empty());
  CHECK(world.foreman.next_wakeup() > world.now);
}

TEST_CASE("an attempt that cannot start soon goes back to the broker") {
  World world{1};
  world.grant(1);
  world.grant(2);
  world.settle();
  world.start(0);
  world.pass(49ms);
  CHECK(world.returned.empty());
  world.pass(2ms);
  CHECK(world.returned == std::vector<std::uint64_t>{2});
  CHECK(world.foreman.attempts().size() == 1);
}

TEST_CASE("an attempt that has not started is cancelled exactly, and one that runs is brought to its end") {
  World world{1};
  world.measure(1, 10);
  world.grant(2);
  world.grant(3);
  world.settle();
  CHECK(world.start(0) == 2);
  world.hear(proto::Revoke{{grant_of(2), grant_of(3), grant_of(9)}});
  world.settle();
  CHECK(world.answers.at(3) == proto::RevokeState::returned);
  CHECK(world.answers.at(2) == proto::RevokeState::stopping);
  CHECK(world.answers.at(9) == proto::RevokeState::unknown);
  CHECK(world.children[0].ring.empty());
  CHECK(world.children[0].log == "stop ");
  world.pass(5s);
  CHECK(world.children[0].log == "stop TERM ");
  world.pass(5s);
  CHECK(world.children[0].log == "stop TERM KILL ");
  world.die(0, SIGKILL, true);
  world.settle();
  CHECK(world.outcomes.at(2).outcome.kind == proto::OutcomeKind::cancelled);
  CHECK(world.outcomes.count(3) == 0);
}

TEST_CASE("a cancelled handler that gives up is cancelled; one that finishes has succeeded") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  world.hear(proto::Revoke{{grant_of(1)}});
  world.settle();
  SUBCASE("gives up") {
    world.finish(0, 100, Verdict::failed);
    world.settle();
    CHECK(world.outcomes.at(1).outcome.kind == proto::OutcomeKind::cancelled);
  }
  SUBCASE("finishes") {
    world.finish(0);
    world.settle();
    CHECK(world.outcomes.at(1).outcome.kind == proto::OutcomeKind::succeeded);
  }
}

TEST_CASE("time limits count from when the attempt is its child's turn") {
  World world{1};
  world.measure(1, 10);
  world.grant(2, "short", 0ms, 0ms);
  world.grant(3, "short", 100ms, 1000ms);
  world.settle();
  world.start(0);
  world.pass(1ms);
  world.finish(0);
  world.settle();
  world.start(0);
  world.pass(99ms);
  CHECK(world.children[0].log.empty());
  world.pass(2ms);
  CHECK(world.children[0].log == "stop ");
  world.pass(898ms);
  CHECK(world.children[0].log == "stop ");
  world.pass(2ms);
  CHECK(world.children[0].log == "stop TERM ");
  world.die(0, SIGTERM, true);
  world.settle();
  const auto& outcome = world.outcomes.at(3).outcome;
  CHECK(outcome.kind == proto::OutcomeKind::timed_out);
  CHECK(outcome.error->code == Errc::timed_out);
  CHECK(outcome.error->message.find("1000 ms") != std::string::npos);
}

TEST_CASE("time limits count for an attempt that comes to the front because the one before it was revoked") {
  World world{1};
  world.measure(1, 10);
  world.grant(2);
  world.grant(3, "short", 0ms, 1000ms);
  world.settle();
  REQUIRE(world.children[0].ring.size() == 2);
  world.hear(proto::Revoke{{grant_of(2)}});
  world.settle();
  CHECK(world.start(0) == 3);
  world.pass(1000ms);
  CHECK(world.children[0].log == "stop TERM ");
}

TEST_CASE("a condemned child gets nothing more, and attempts that wait in its ring go elsewhere") {
  World world{2};
  world.measure(1, 10);
  world.grant(2, "short", 0ms, 1ms);
  for (std::uint64_t seq = 3; seq <= 4; ++seq) world.grant(seq);
  world.settle();
  REQUIRE(world.children[0].ring.size() == 3);
  world.start(0);
  world.pass(1ms);
  CHECK(world.children[0].condemned);
  world.settle();
  CHECK(world.children[0].ring.empty());
  CHECK(world.children[1].ring.size() == 2);
}

TEST_CASE("a child that leaves is given nothing more") {
  World world{2};
  world.measure(1, 10);
  for (std::uint64_t seq = 2; seq <= 5; ++seq) world.grant(seq);
  world.settle();
  world.start(0);
  world.finish(0, 10, Verdict::succeeded, Leaving::memory);
  world.settle();
  CHECK(world.children[0].ring.empty());
  CHECK(world.children[1].ring.size() == 3);
  world.die(0, 0);
  world.settle();
  CHECK(world.outcomes.size() == 2);  // nothing was lost
}

TEST_CASE("a retry keeps the delay that the handler asked for") {
  World world{1};
  world.grant(1);
  world.settle();
  ChildResult result;
  world.start(0);
  result.serial = world.children[0].running;
  result.verdict = Verdict::retry;
  result.retry_delay_ms = 250;
  world.foreman.handle(world.now, {0, 1}, result);
  world.settle();
  CHECK(world.outcomes.at(1).outcome.kind == proto::OutcomeKind::retry);
  CHECK(world.outcomes.at(1).retry_delay == 250ms);
}

TEST_CASE("only the last of quick progress notes is sent, and always the last one before the end") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  const auto serial = world.children[0].running;
  world.progress(serial, 0.1, "a");
  world.settle();
  world.progress(serial, 0.2, "b");
  world.progress(serial, 0.3, "c");
  world.settle();
  CHECK(world.notes == std::vector<std::string>{"a"});
  world.pass(50ms);
  CHECK(world.notes == std::vector<std::string>{"a", "c"});
  world.progress(serial, 1, "d");
  world.finish(0);
  world.settle();
  CHECK(world.notes == std::vector<std::string>{"a", "c", "d"});
}

TEST_CASE("only the last progress note is kept without a broker, and the worker does not wake for it") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  const auto serial = world.children[0].running;
  world.foreman.disconnected();
  const auto report = [&](double fraction, const char* note) {
    world.progress(serial, fraction, note);
    world.pass(1s);
  };
  report(0.1, "a");
  report(0.2, "b");
  CHECK(world.foreman.next_wakeup() > world.now);
  report(0.3, "c");
  world.welcome(8);
  world.settle();
  CHECK(world.notes == std::vector<std::string>{"c"});
}

TEST_CASE(
    "a drain hands back attempts that have not started, lets the others finish, and ends when all are acknowledged") {
  World world{1};
  world.measure(1, 10);
  world.grant(2);
  world.grant(3);
  world.settle();
  world.start(0);
  world.foreman.drain(world.now, world.now + 30s);
  world.settle();
  CHECK(world.drained);
  CHECK(world.returned == std::vector<std::uint64_t>{3});
  world.grant(4);  // was under way
  world.settle();
  CHECK(world.returned == std::vector<std::uint64_t>{3, 4});
  CHECK_FALSE(world.foreman.finished(world.now));
  world.finish(0);
  world.settle();
  CHECK(world.outcomes.count(2) == 1);
  CHECK_FALSE(world.foreman.finished(world.now));
  world.acknowledge();
  CHECK(world.foreman.finished(world.now));
}

TEST_CASE("a worker that leaves has its children killed, and tells the broker that they end, before its GOODBYE") {
  World world{2};
  world.grant(1);
  world.settle();
  world.start(0);
  const std::vector<std::uint32_t> both{5000, 5001};
  SUBCASE("in order") {
    world.foreman.drain(world.now, world.now + 30s);
    world.settle();
    CHECK(world.gone.empty());
    world.finish(0);
    world.settle();
    world.acknowledge();
    CHECK_FALSE(world.left);
    world.settle();
    CHECK(world.children[0].log == "KILL ");
    CHECK(world.children[1].log == "KILL ");
  }
  SUBCASE("at once, when the supervisor has killed them") { world.stop(); }
  CHECK(world.gone == both);
  CHECK(world.left);
}

TEST_CASE("a drain that takes too long stops running attempts and reports them as lost") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  world.foreman.drain(world.now, world.now + 30s);
  world.settle();
  world.pass(29s);
  CHECK(world.children[0].log.empty());
  world.pass(1s);
  CHECK(world.children[0].log == "stop ");
  SUBCASE("the handler gives up") { world.finish(0, 1, Verdict::failed); }
  SUBCASE("it has to be killed") {
    world.pass(5s);
    world.pass(5s);
    CHECK(world.children[0].log == "stop TERM KILL ");
    world.die(0, SIGKILL, true);
  }
  world.settle();
  CHECK(world.outcomes.at(1).outcome.kind == proto::OutcomeKind::lost);
}

TEST_CASE("an immediate stop reports running attempts as lost and hands back the others") {
  World world{1};
  world.measure(1, 10);
  world.grant(2);
  world.grant(3);
  world.settle();
  world.start(0);
  world.grant(4);
  world.stop();
  CHECK(world.foreman.finished(world.now));
  world.settle();
  CHECK(world.outcomes.at(2).outcome.kind == proto::OutcomeKind::lost);
  std::sort(world.returned.begin(), world.returned.end());
  CHECK(world.returned == std::vector<std::uint64_t>{3, 4});
}

TEST_CASE("HELLO lists everything in hand after a reconnect, and abandoned attempts are stopped without a report") {
  World world{1};
  world.measure(1, 10);
  world.grant(2);
  world.grant(3);
  world.settle();
  world.start(0);
  world.foreman.disconnected();
  world.welcome(8, {grant_of(2), grant_of(3)});
  auto holding = world.last_hello.worker.holding;
  std::sort(holding.begin(), holding.end());
  CHECK(holding == std::vector{grant_of(2), grant_of(3)});
  world.settle();
  CHECK(world.children[0].ring.empty());
  CHECK(world.children[0].log == "stop ");
  world.finish(0);
  world.settle();
  CHECK(world.outcomes.size() == 1);
  CHECK(world.foreman.attempts().size() == 0);
}

TEST_CASE("a child that runs one task only is given one, and few wait for its successors") {
  World world{2, 1};
  for (std::uint64_t seq = 1; seq <= 4; ++seq) world.grant(seq);
  world.settle();
  CHECK(world.children[0].ring.size() == 1);
  CHECK(world.children[1].ring.size() == 1);
  world.start(0);
  world.finish(0, 10, Verdict::succeeded, Leaving::task_count);
  world.die(0, 0);
  world.settle();
  CHECK(world.last_credit == 4 + 0);  // one child is left, with one ahead: both are in hand
  world.spawn(0);
  world.settle();
  CHECK(world.children[0].ring.size() == 1);
}

TEST_CASE("an abandoned grant is forgotten, and another broker may give out the same one again") {
  World world{2};
  world.grant(1, "long");
  world.settle();
  world.start(0);
  SUBCASE("and nothing else was wanted of it") {}
  SUBCASE("though it had been cancelled") { world.hear(proto::Revoke{{grant_of(1)}}); }
  world.settle();
  world.welcome(8, {grant_of(1)});
  world.grant(1);
  world.settle();
  REQUIRE_FALSE(world.children[1].ring.empty());
  world.finish(0);
  world.settle();
  CHECK(world.outcomes.empty());
  world.welcome(9);
  CHECK(world.last_hello.worker.holding == std::vector{grant_of(1)});
  world.start(1);
  world.finish(1);
  world.settle();
  CHECK(world.outcomes.at(1).outcome.kind == proto::OutcomeKind::succeeded);
}

TEST_CASE("a refused worker says so, and says no HELLO on a new connection") {
  World world{1};
  const auto connect = [&] {
    world.last_hello = {};
    world.foreman.disconnected();
    world.foreman.connected(world.now);
    world.settle();
    return world.last_hello.nonce != 0;
  };
  CHECK(connect());
  world.foreman.handle(world.now, {{}, proto::ErrorMessage{{}, Errc::version_unsupported, "too old"}});
  world.settle();
  CHECK(world.refused);
  CHECK_FALSE(connect());
}

TEST_CASE("a revoke unless started takes back what waits, and lets a running attempt go on") {
  World world{1};
  world.measure(1, 10);
  world.grant(2);
  world.grant(3);
  world.settle();
  CHECK(world.start(0) == 2);
  world.hear(proto::Revoke{{}, {grant_of(2), grant_of(3), grant_of(9)}});
  world.settle();
  CHECK(world.answers.at(3) == proto::RevokeState::returned);
  CHECK(world.answers.at(2) == proto::RevokeState::started);
  CHECK(world.answers.at(9) == proto::RevokeState::unknown);
  CHECK(world.children[0].log.empty());
  world.finish(0);
  world.settle();
  CHECK(world.outcomes.at(2).outcome.kind == proto::OutcomeKind::succeeded);
}

TEST_CASE("what a worker has no resources for goes back, with all that wait, and the worker takes none for a while") {
  World world{2};
  for (std::uint64_t seq = 1; seq <= 4; ++seq) world.grant(seq);
  world.settle();
  world.start(0);
  world.start(1);
  world.finish(0, 10, Verdict::shortage);
  world.settle();
  CHECK(std::set<std::uint64_t>(world.returned.begin(), world.returned.end()) == std::set<std::uint64_t>{1, 3, 4});
  CHECK(world.outcomes.empty());
  CHECK(world.pause == Shortage::kFirst);
  CHECK(world.shortage == "in words");
  CHECK(world.last_credit == 4);  // no room
  CHECK(world.foreman.next_wakeup() <= world.now + Shortage::kFirst);

  world.finish(1, 10, Verdict::succeeded);  // begun before the pause
  world.pass(Shortage::kFirst);
  CHECK(world.outcomes.count(2) == 1);
  CHECK(world.last_credit > 4);
  world.grant(5);
  world.settle();
  const std::uint32_t slot = world.children[0].ring.empty() ? 1 : 0;
  world.start(slot);
  world.finish(slot, 10, Verdict::shortage);
  world.settle();
  CHECK(world.pause == 2 * Shortage::kFirst);
}

TEST_CASE("the pause of a worker without resources grows to a minute, and is short again once it was overcome") {
  Shortage shortage;
  Instant now{1000s};
  Instant pause{0};
  for (int i = 0; i < 12; ++i) {
    CHECK(shortage.note(now, "none left"));
    CHECK_FALSE(shortage.note(now, "of the same moment"));
    pause = shortage.left(now);
    now += pause;
    shortage.tick(now);
    CHECK(shortage.next_wakeup() == proto::kNever);
  }
  CHECK(pause == Shortage::kMax);
  shortage.overcome(now);
  CHECK(shortage.note(now, "none left"));
  CHECK(shortage.left(now) == Shortage::kFirst);
}

}  // namespace foreman_test
