#include "client/cli/map/halt.h"

#include <doctest/doctest.h>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli::halt_test {
namespace {

Outcome exited(int code) {
  Outcome outcome;
  outcome.exit_code = code;
  return outcome;
}

HaltWatch watch(const char* rule) { return HaltWatch{HaltRule::parse(rule)}; }

TEST_CASE("without a rule, a run does not halt and counts its failures up to 253") {
  auto halt = watch("never");
  CHECK(halt.exit_status() == 0);
  for (int i = 0; i < 253; ++i) halt.ended(exited(1));
  halt.ended(exited(0));
  CHECK(halt.state() == Halt::never);
  CHECK(halt.exit_status() == 253);
  halt.ended(exited(1));
  CHECK(halt.exit_status() == 254);
  halt.ended(exited(1));
  CHECK(halt.exit_status() == 254);
  CHECK(halt.done() == 256);
  CHECK(halt.failed() == 255);
}

TEST_CASE("a threshold of one failure halts with the status of that job") {
  auto halt = watch("now,fail=1");
  halt.ended(exited(0));
  CHECK(halt.state() == Halt::never);
  halt.ended(exited(42));
  CHECK(halt.state() == Halt::now);
  CHECK(halt.exit_status() == 42);
  halt.ended(exited(7));
  CHECK(halt.exit_status() == 42);

  auto killed = watch("soon");
  Outcome outcome = exited(-1);
  outcome.signal = 9;
  killed.ended(outcome);
  CHECK(killed.state() == Halt::soon);
  CHECK(killed.exit_status() == 137);
}

TEST_CASE("a threshold of several failures halts with their number") {
  auto halt = watch("soon,fail=2");
  halt.ended(exited(5));
  CHECK(halt.state() == Halt::never);
  halt.ended(exited(6));
  CHECK(halt.state() == Halt::soon);
  CHECK(halt.exit_status() == 2);
}

TEST_CASE("success= and done= count the jobs that succeeded or ended") {
  auto success = watch("now,success=1");
  success.ended(exited(1));
  CHECK(success.state() == Halt::never);
  success.ended(exited(0));
  CHECK(success.state() == Halt::now);
  CHECK(success.exit_status() == 0);

  auto done = watch("soon,done=2");
  done.ended(exited(1));
  done.ended(exited(0));
  CHECK(done.state() == Halt::soon);
  CHECK(done.exit_status() == 1);
}

TEST_CASE("a percentage takes effect when the total is known") {
  auto halt = watch("now,fail=20%");
  halt.total_known(10);
  halt.ended(exited(1));
  CHECK(halt.state() == Halt::never);
  halt.ended(exited(1));
  CHECK(halt.state() == Halt::now);
  CHECK(halt.exit_status() == 20);

  auto late = watch("soon,fail=50%");
  for (int i = 0; i < 3; ++i) late.ended(exited(1));
  CHECK(late.state() == Halt::never);
  late.total_known(4);
  CHECK(late.state() == Halt::soon);
  CHECK(late.exit_status() == 75);

  auto nothing = watch("now,fail=1%");
  nothing.total_known(0);
  CHECK(nothing.state() == Halt::never);
}

TEST_CASE("a text that is not a rule is refused") {
  for (const char* wrong : {"", "later", "now,", "now,fail=", "now,fail=0", "now,fail=x", "now,fail=1.5",
                            "now,fail=101%", "now,fail=-1", "fail=1", "now,lost=1", "now,fail=1,", "now,fail=%"}) {
    CHECK_THROWS_AS_MESSAGE(HaltRule::parse(wrong), UsageError, wrong);
  }
  CHECK(HaltRule::parse("soon,fail=12.5%").threshold == doctest::Approx(12.5));
}

TEST_CASE("numbers and percentages stand for rules") {
  CHECK(HaltRule::parse("0").when == Halt::never);
  CHECK(HaltRule::parse("1").when == Halt::soon);
  CHECK(HaltRule::parse("2").when == Halt::now);
  CHECK(HaltRule::parse("-2").on == HaltRule::On::success);
  CHECK(HaltRule::parse("30%").percent);
  CHECK(HaltRule::parse("30%").threshold == 30);
  CHECK_THROWS_AS(HaltRule::parse("3"), UsageError);
}

}  // namespace
}  // namespace forkmill::cli::halt_test
