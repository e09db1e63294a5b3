#include "client/cli/map/session.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>

#include "client/cli/errors/command_error.h"
#include "client/cli/map/input/rows.h"
#include "proto/os/wakeup.h"
#include "tests/eventually.h"
#include "tests/folder.h"

namespace forkmill::cli::session_test {
namespace {

// Ends each job at once with the outcome that `decide` returns. A job without an outcome runs until it is cancelled.
class FakeFleet final : public Fleet {
 public:
  using Decide = std::function<std::optional<Outcome>(const Job&)>;
  explicit FakeFleet(Decide decide) : decide_{std::move(decide)} {}

  void run(const Job& job) override {
    ran.push_back(job.command);
    max_running = std::max(max_running, ++running_);
    if (auto outcome = decide_(job))
      end(job.seq, std::move(*outcome));
    else
      open_.push_back(job.seq);
  }
  void cancel_all() override {
    ++all_cancelled;
    if (away) return;
    for (const auto seq : std::exchange(open_, {})) {
      Outcome outcome;
      outcome.cancelled = true;
      end(seq, outcome);
    }
  }
  std::vector<std::pair<std::uint64_t, Outcome>> drain() override {
    wakeup_.clear();
    running_ -= ended_.size();
    return std::exchange(ended_, {});
  }
  void cancel_waiting() override {
    ++waiting_cancelled;
    cancel_all();
  }
  int fd() const override { return wakeup_.fd(); }
  bool reachable() const override { return !away; }
  std::optional<std::string> stall_reason() override { return std::nullopt; }
  void list_running(Show show) override { show(open_); }

  std::vector<std::string> ran;
  std::size_t max_running = 0;
  int waiting_cancelled = 0;
  int all_cancelled = 0;
  bool away = false;  // the broker: it carries out nothing

 private:
  void end(std::uint64_t seq, Outcome outcome) {
    ended_.emplace_back(seq, std::move(outcome));
    wakeup_.signal();
  }
  Decide decide_;
  proto::Wakeup wakeup_;
  std::vector<std::uint64_t> open_;
  std::vector<std::pair<std::uint64_t, Outcome>> ended_;
  std::size_t running_ = 0;
};

Outcome exited(int code) {
  Outcome outcome;
  outcome.exit_code = code;
  return outcome;
}

JobFeed::Input words(const std::vector<std::string>& arguments) {
  std::vector<Rows::Group> groups(1);
  groups[0].push_back(std::make_unique<WordSource>(arguments));
  return {.rows = std::make_unique<Rows>(std::move(groups))};
}

MapSession::Parts parts(const std::vector<std::string>& arguments, Finished finished = Finished{Resume::none}) {
  return {.feed = JobFeed{CommandTemplate{{"run"}, false}, words(arguments), std::move(finished)}};
}

int run(MapSession::Parts given, const MapRun::Options& options, FakeFleet& fleet) {
  Display display{{}};
  Signals signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1};
  return MapSession{std::move(given), options, fleet, display, signals}.run();
}

using Ran = std::vector<std::string>;

TEST_CASE("each argument runs once, and failures are counted") {
  FakeFleet fleet{[](const Job& job) { return exited(job.args[0] == "b" ? 3 : 0); }};
  CHECK(run(parts({"a", "b", "c"}), {}, fleet) == 1);
  CHECK(fleet.ran == Ran{"run a", "run b", "run c"});
}

TEST_CASE("a long input stays within the window") {
  std::vector<std::string> many;
  many.reserve(5000);
  for (int i = 0; i < 5000; ++i) many.push_back(std::to_string(i));
  FakeFleet fleet{[](const Job&) { return exited(0); }};
  CHECK(run(parts(many), {.window = 7}, fleet) == 0);
  CHECK(fleet.ran.size() == 5000);
  CHECK(fleet.max_running <= 7);
}

TEST_CASE("once the window was full, several jobs start together, or fewer after a moment") {
  FakeFleet fleet{[](const Job&) { return std::nullopt; }};
  JobStarter starter{parts({"1", "2", "3", "4", "5", "6", "7", "8", "9"}).feed, {.together = 3}};
  MapRun run{{.window = 4}};
  CHECK_FALSE(starter.start_jobs(run, fleet));
  CHECK(fleet.ran.size() == 4);
  run.ended(1, exited(0));
  CHECK_FALSE(starter.start_jobs(run, fleet));
  CHECK(fleet.ran.size() == 4);
  for (const std::uint64_t seq : {2, 3}) run.ended(seq, exited(0));
  CHECK_FALSE(starter.start_jobs(run, fleet));
  CHECK(fleet.ran.size() == 7);
  run.ended(4, exited(0));
  CHECK(forkmill::tests::eventually([&] {
    starter.start_jobs(run, fleet);
    return fleet.ran.size() == 8;
  }));
}

TEST_CASE("a failing job is tried again") {
  int left = 2;
  FakeFleet fleet{[&](const Job&) { return exited(left-- > 0 ? 1 : 0); }};
  CHECK(run(parts({"a"}), {.tries = 3}, fleet) == 0);
  CHECK(fleet.ran.size() == 3);
}

TEST_CASE("the job log is written, and a later run resumes from it by command") {
  const forkmill::tests::Folder dir;
  const auto path = dir.path("log");
  const auto logged = [&](Resume rule, const std::vector<std::string>& arguments) {
    auto made = parts(arguments, rule == Resume::none ? Finished{rule} : Finished::read(path, rule));
    made.files.joblog =
        std::make_unique<JobLog>(path, rule == Resume::none ? JobLog::Mode::replace : JobLog::Mode::append);
    return made;
  };
  FakeFleet first{[](const Job& job) { return exited(job.args[0] == "b" ? 1 : 0); }};
  CHECK(run(logged(Resume::none, {"a", "b"}), {}, first) == 1);
  FakeFleet second{[](const Job&) { return exited(0); }};
  CHECK(run(logged(Resume::ended, {"c", "b", "a"}), {}, second) == 0);
  CHECK(second.ran == Ran{"run c"});
  FakeFleet third{[](const Job&) { return exited(0); }};
  CHECK(run(logged(Resume::succeeded, {"a", "b", "c"}), {}, third) == 0);
  CHECK(third.ran == Ran{"run b"});
  FakeFleet fourth{[](const Job&) { return exited(0); }};
  CHECK(run(logged(Resume::succeeded, {"a", "b", "c"}), {}, fourth) == 0);
  CHECK(fourth.ran.empty());
}

TEST_CASE("halt now cancels running jobs") {
  FakeFleet fleet{[](const Job& job) { return job.args[0] == "bad" ? std::optional{exited(9)} : std::nullopt; }};
  CHECK(run(parts({"slow", "slower", "bad", "late"}), {.window = 3, .halt = HaltRule::parse("now,fail=1")}, fleet) ==
        9);
  CHECK(fleet.ran == Ran{"run slow", "run slower", "run bad"});
}

TEST_CASE("a percentage refers to the whole input") {
  FakeFleet fleet{[](const Job& job) { return exited(job.seq <= 2 ? 1 : 0); }};
  auto counted = parts({"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"});
  counted.count_first = true;
  CHECK(run(std::move(counted), {.window = 1, .halt = HaltRule::parse("soon,fail=20%")}, fleet) == 20);
  CHECK(fleet.ran.size() == 2);
}

TEST_CASE("SIGINT cancels all jobs") {
  FakeFleet fleet{[](const Job& job) -> std::optional<Outcome> {
    if (job.args[0] == "last") ::kill(::getpid(), SIGINT);
    return std::nullopt;
  }};
  CHECK(run(parts({"first", "last"}), {}, fleet) == 130);
}

TEST_CASE("the first SIGTERM lets submitted jobs finish") {
  FakeFleet fleet{[](const Job& job) {
    if (job.args[0] == "a") ::kill(::getpid(), SIGTERM);
    return exited(0);
  }};
  CHECK(run(parts({"a", "b"}), {.window = 1}, fleet) == 143);
  CHECK(fleet.ran == Ran{"run a"});
}

TEST_CASE("SIGTERM, SIGHUP and halt soon take back the jobs that have not started") {
  int signal = 0;
  SUBCASE("SIGTERM") { signal = SIGTERM; }
  SUBCASE("SIGHUP") { signal = SIGHUP; }
  SUBCASE("halt") {}
  if (signal != 0) {
    FakeFleet fleet{[&](const Job& job) -> std::optional<Outcome> {
      if (job.args[0] == "last") ::kill(::getpid(), signal);
      return std::nullopt;
    }};
    CHECK(run(parts({"first", "last"}), {}, fleet) == 128 + signal);
    CHECK(fleet.waiting_cancelled == 1);
  }
  if (signal == 0) {
    FakeFleet fleet{[](const Job& job) { return job.args[0] == "bad" ? std::optional{exited(9)} : std::nullopt; }};
    CHECK(run(parts({"1", "bad", "3"}), {.halt = HaltRule::parse("soon,fail=1")}, fleet) == 9);
    CHECK(fleet.waiting_cancelled == 1);
  }
}

TEST_CASE("a run that is stopped does not wait for a broker that is away, and prints and logs what has ended") {
  int signal = 0;
  SUBCASE("SIGINT") { signal = SIGINT; }
  SUBCASE("SIGTERM") { signal = SIGTERM; }
  SUBCASE("SIGHUP") { signal = SIGHUP; }
  const forkmill::tests::Folder dir;
  auto made = parts({"slow", "done", "last"});
  made.patience = std::chrono::milliseconds{50};
  made.files.joblog = std::make_unique<JobLog>(dir.path("log"), JobLog::Mode::replace);
  FakeFleet fleet{[&](const Job& job) -> std::optional<Outcome> {
    if (job.args[0] == "last") ::kill(::getpid(), signal);
    return job.args[0] == "done" ? std::optional{exited(0)} : std::nullopt;
  }};
  fleet.away = true;
  CHECK(run(std::move(made), {.keep_order = true}, fleet) == 128 + signal);
  CHECK(fleet.all_cancelled == 1);  // also by cancel_waiting()
  std::ifstream log{dir.path("log")};
  std::string line;
  std::getline(log, line);
  std::getline(log, line);
  CHECK(line.ends_with("run done"));
}

TEST_CASE("a run that --halt stops does not wait for a broker that is away") {
  auto made = parts({"slow", "bad"});
  made.patience = std::chrono::milliseconds{50};
  FakeFleet fleet{[](const Job& job) { return job.args[0] == "bad" ? std::optional{exited(9)} : std::nullopt; }};
  fleet.away = true;
  CHECK(run(std::move(made), {.halt = HaltRule::parse("now,fail=1")}, fleet) == 9);
}

TEST_CASE("after an error the jobs in flight are cancelled, and those that have ended are logged and stored") {
  const forkmill::tests::Folder dir;
  auto made = parts({"done", "slow", std::string(CommandTemplate::kMaxLine, 'x')});
  made.files.joblog = std::make_unique<JobLog>(dir.path("log"), JobLog::Mode::replace);
  SUBCASE("the input is wrong") {}
  SUBCASE("a result cannot be stored, either") {
    made.files.results = std::make_unique<ResultsDir>(dir.path("results"));
    std::ofstream{dir.path("results/1")} << "a file in place of a folder";
  }
  FakeFleet fleet{[](const Job& job) { return job.args[0] == "done" ? std::optional{exited(0)} : std::nullopt; }};
  CHECK_THROWS_AS(run(std::move(made), {}, fleet), CommandError);
  CHECK(fleet.ran == Ran{"run done", "run slow"});
  std::ifstream log{dir.path("log")};
  std::string line;
  std::getline(log, line);
  std::getline(log, line);
  CHECK(line.ends_with("run done"));
  CHECK(!std::getline(log, line));
}

TEST_CASE("a worker without the folder of the run ends it, and its job is not logged") {
  FakeFleet fleet{[](const Job& job) -> std::optional<Outcome> {
    if (job.args[0] != "far") return std::nullopt;
    Outcome outcome;
    outcome.no_folder = outcome.cancelled = true;
    outcome.problem = "cannot enter '/x'";
    return outcome;
  }};
  CHECK_THROWS_WITH_AS(run(parts({"slow", "far"}), {}, fleet), "cannot enter '/x'", CommandError);
}

TEST_CASE("a run without jobs in flight does not wait") {
  FakeFleet fleet{[](const Job&) { return exited(0); }};
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) CHECK(run(parts({}), {}, fleet) == 0);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});  // far below ten waits of a second
}

TEST_CASE("jobs in flight have different slots, which are used again") {
  auto made = parts({"a", "b", "c", "d"});
  made.feed = JobFeed{CommandTemplate{{"{%}"}, false}, words({"a", "b", "c", "d"})};
  FakeFleet fleet{[](const Job&) { return exited(0); }};
  CHECK(run(std::move(made), {.window = 2}, fleet) == 0);
  CHECK(fleet.ran == Ran{"1", "2", "1", "2"});
}

TEST_CASE("a percentage as the time limit refers to the median run time of jobs that have succeeded") {
  TimeLimit limit{std::chrono::milliseconds{0}, 200};
  limit.succeeded(1);
  limit.succeeded(9);
  CHECK(limit.current() == std::chrono::milliseconds{0});
  limit.succeeded(2);
  CHECK(limit.current() == std::chrono::seconds{4});
  CHECK(TimeLimit{std::chrono::seconds{3}}.current() == std::chrono::seconds{3});
}

TEST_CASE("jobs start with a pause between them") {
  auto made = parts({"a", "b", "c"});
  made.starts.delay = std::chrono::milliseconds{50};
  FakeFleet fleet{[](const Job&) { return exited(0); }};
  const auto start = std::chrono::steady_clock::now();
  CHECK(run(std::move(made), {}, fleet) == 0);
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds{100});
}

}  // namespace
}  // namespace forkmill::cli::session_test
