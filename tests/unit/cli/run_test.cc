#include "client/cli/map/run.h"

#include <doctest/doctest.h>

namespace forkmill::cli::run_test {
namespace {

Job job(std::uint64_t seq) { return {.seq = seq, .args = {}, .argv = {}, .command = "job " + std::to_string(seq)}; }

Outcome exited(int code) {
  Outcome outcome;
  outcome.exit_code = code;
  return outcome;
}

Outcome cancelled() {
  Outcome outcome;
  outcome.cancelled = true;
  return outcome;
}

std::vector<std::uint64_t> printed(const MapRun::Step& step) {
  std::vector<std::uint64_t> seqs;
  for (const auto& ended : step.print) seqs.push_back(ended->job.seq);
  return seqs;
}

using Seqs = std::vector<std::uint64_t>;

TEST_CASE("jobs are printed and logged as they end") {
  MapRun run{{.window = 2}};
  run.start(job(1));
  CHECK(run.wants_job());
  run.start(job(2));
  CHECK(!run.wants_job());
  const auto step = run.ended(2, exited(0));
  CHECK(printed(step) == Seqs{2});
  REQUIRE(step.log);
  CHECK(step.log->job.command == "job 2");
  CHECK(run.wants_job());
  run.input_ended();
  CHECK(!run.wants_job());
  CHECK(!run.over());
  CHECK(printed(run.ended(1, exited(3))) == Seqs{1});
  CHECK(run.over());
  CHECK(run.exit_status() == 1);
}

TEST_CASE("with keep_order, jobs that are held back still count in the window") {
  MapRun run{{.window = 3, .keep_order = true}};
  for (std::uint64_t seq = 1; seq <= 3; ++seq) run.start(job(seq));
  const auto second = run.ended(2, exited(0));
  CHECK(printed(second).empty());
  CHECK(second.log);
  CHECK(printed(run.ended(3, exited(0))).empty());
  CHECK(!run.wants_job());
  CHECK(run.in_flight() == 1);
  CHECK(printed(run.ended(1, exited(0))) == Seqs{1, 2, 3});
  CHECK(run.wants_job());
}

TEST_CASE("with keep_order, the numbers may have gaps for skipped jobs") {
  MapRun run{{.keep_order = true}};
  run.start(job(4));
  run.start(job(9));
  CHECK(printed(run.ended(9, exited(0))).empty());
  CHECK(printed(run.ended(4, exited(0))) == Seqs{4, 9});
}

TEST_CASE("a failed job is tried again up to the limit, and only its last try counts") {
  MapRun run{{.tries = 3}};
  run.start(job(1));
  auto step = run.ended(1, exited(1));
  REQUIRE(step.again != nullptr);
  CHECK(step.again->command == "job 1");
  CHECK(!step.log);
  CHECK(run.ended(1, exited(1)).again != nullptr);
  step = run.ended(1, exited(7));
  CHECK(step.again == nullptr);
  CHECK(step.log->outcome.exit_code == 7);
  CHECK(step.log->tries == 3);
  CHECK(run.failed() == 1);
  CHECK(run.done() == 1);

  run.start(job(2));
  CHECK(run.ended(2, exited(1)).again != nullptr);
  CHECK(run.ended(2, exited(0)).again == nullptr);
  CHECK(run.failed() == 1);
}

TEST_CASE("a job that is not retriable is not tried again") {
  MapRun run{{.tries = 3}};
  run.start(job(1));
  auto outcome = exited(-1);
  outcome.retriable = false;
  CHECK(run.ended(1, outcome).again == nullptr);
  CHECK(run.failed() == 1);
}

TEST_CASE("a lost worker does not count as a try, up to a limit") {
  MapRun run{{.tries = 2}};
  run.start(job(1));
  auto lost = exited(-1);
  lost.lost = true;
  for (unsigned i = 0; i < MapRun::kMaxLosses; ++i) CHECK(run.ended(1, lost).again != nullptr);
  CHECK(run.ended(1, exited(1)).again != nullptr);
  const auto step = run.ended(1, lost);
  CHECK(step.again == nullptr);
  CHECK(step.log->tries == MapRun::kMaxLosses + 2);
  CHECK(run.failed() == 1);
}

TEST_CASE("halt soon starts no more jobs and lets the others finish") {
  MapRun run{{.tries = 2, .halt = HaltRule::parse("soon,fail=1")}};
  run.start(job(1));
  run.start(job(2));
  CHECK(run.ended(1, exited(5)).again != nullptr);
  const auto step = run.ended(1, exited(5));
  CHECK(!step.cancel_all);
  CHECK(step.cancel_waiting);
  CHECK(!run.wants_job());
  CHECK(!run.over());
  const auto last = run.ended(2, exited(1));
  CHECK(last.again == nullptr);
  CHECK(!last.cancel_waiting);
  CHECK(run.over());
  CHECK(run.exit_status() == 5);
}

TEST_CASE("halt now cancels running jobs, which are not logged, printed or counted") {
  MapRun run{{.keep_order = true, .halt = HaltRule::parse("now,fail=1")}};
  for (std::uint64_t seq = 1; seq <= 3; ++seq) run.start(job(seq));
  const auto halted = run.ended(2, exited(9));
  CHECK(halted.cancel_all);
  CHECK(printed(halted).empty());
  const auto first = run.ended(1, cancelled());
  CHECK(!first.cancel_all);
  CHECK(!first.log);
  CHECK(printed(first) == Seqs{2});
  CHECK(printed(run.ended(3, cancelled())).empty());
  CHECK(run.over());
  CHECK(run.done() == 1);
  CHECK(run.exit_status() == 9);
}

TEST_CASE("a percentage takes effect when the total becomes known") {
  MapRun run{{.halt = HaltRule::parse("soon,fail=50%")}};
  run.start(job(1));
  run.start(job(2));
  run.ended(1, exited(1));
  CHECK(run.wants_job());
  CHECK(!run.total_known(2).cancel_all);
  CHECK(!run.wants_job());

  MapRun hasty{{.halt = HaltRule::parse("now,fail=50%")}};
  hasty.start(job(1));
  hasty.start(job(2));
  hasty.ended(1, exited(1));
  CHECK(hasty.total_known(2).cancel_all);
}

TEST_CASE("a run without input is over at once") {
  MapRun run{{}};
  CHECK(!run.over());
  run.input_ended();
  CHECK(run.over());
  CHECK(run.exit_status() == 0);
}

TEST_CASE("stop() starts no more jobs") {
  MapRun run{{}};
  run.start(job(1));
  run.stop();
  CHECK(!run.wants_job());
  CHECK(!run.over());
  run.ended(1, cancelled());
  CHECK(run.over());
}

TEST_CASE("stop() starts no more tries of a failing job") {
  MapRun run{{.tries = 3}};
  run.start(job(1));
  run.stop();
  CHECK(run.ended(1, exited(1)).again == nullptr);
  CHECK(run.over());
}

TEST_CASE("find() knows the jobs in flight") {
  MapRun run{{.keep_order = true}};
  run.start(job(1));
  run.start(job(2));
  run.ended(2, exited(0));
  REQUIRE(run.find(1) != nullptr);
  CHECK(run.find(1)->command == "job 1");
  CHECK(run.find(2) == nullptr);
  CHECK(run.find(3) == nullptr);
}

TEST_CASE("the output that waits behind jobs that are given up is printed") {
  MapRun run{{.window = 9, .keep_order = true}};
  for (std::uint64_t seq = 1; seq <= 4; ++seq) run.start(job(seq));
  CHECK(run.ended(2, exited(0)).print.empty());
  CHECK(run.ended(4, exited(0)).print.empty());
  CHECK(printed(run.abandon()) == Seqs{2, 4});
  CHECK(run.over());
  CHECK(!run.wants_job());
}

}  // namespace
}  // namespace forkmill::cli::run_test
