// The page of a report and its figures.
#include <doctest/doctest.h>

#include "client/cli/report/charts.h"
#include "client/cli/report/page.h"
#include "client/cli/report/task_facts.h"
#include "client/cli/views/json.h"

namespace forkmill::cli::report_page_test {
namespace {

TaskFacts ran(std::int64_t start, std::int64_t end, const char* worker = "w1", const char* state = "succeeded") {
  return {.id = std::to_string(start),
          .name = "t",
          .state = state,
          .worker = worker,
          .attempts = 1,
          .submitted_ms = start - 500,
          .started_ms = start,
          .finished_ms = end};
}

TEST_CASE("times by name count waits and runs, and the name that ran longest comes first") {
  std::vector<TaskFacts> tasks;
  for (int i = 1; i <= 100; ++i) tasks.push_back(ran(1000, 1000 + i * 10));
  tasks.push_back(ran(1000, 91'000));
  tasks.back().name = "long";
  tasks.back().attempts = 2;
  tasks.push_back({.name = "waiting", .state = "ready", .submitted_ms = 5});
  const auto names = by_name(tasks);
  REQUIRE(names.size() == 3);
  CHECK(names[0].name == "long");
  CHECK(names[0].retried == 1);
  CHECK(names[1].ended == 100);
  CHECK(names[1].ran.median == doctest::Approx(0.51));
  CHECK(names[1].ran.p95 == doctest::Approx(0.96));
  CHECK(names[1].ran.longest == doctest::Approx(1.0));
  CHECK(names[1].waited.median == doctest::Approx(0.5));
  CHECK(names[2].ended == 0);
  CHECK(spread_of({}).count == 0);
}

TEST_CASE("failures that differ in numbers only are one row") {
  std::vector<TaskFacts> tasks{ran(1, 2, "w", "failed"), ran(3, 4, "w", "failed"), ran(5, 6, "w", "failed"), ran(7, 8)};
  tasks[0].error = "E: page 1";
  tasks[1].error = "E: page 22";
  tasks[2].error = "E: other";
  const auto errors = by_error(tasks);
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].pattern == "E: page <n>");
  CHECK(errors[0].count == 2);
  CHECK(errors[0].last_id == "1");
}

TEST_CASE("ends are counted in the part of the time in which they lie") {
  const std::vector<TaskFacts> tasks{ran(0, 0), ran(1, 99), ran(1, 100), ran(1, 50, "w", "failed"), ran(1, 101)};
  const auto ends = ends_over(tasks, 0, 100, 4);
  CHECK(ends.succeeded == std::vector<std::size_t>{1, 0, 0, 2});
  CHECK(ends.failed == std::vector<std::size_t>{0, 0, 1, 0});
}

TEST_CASE("a task stands in the first line of its worker that is free when it starts") {
  const std::vector<TaskFacts> tasks{ran(10, 20), ran(15, 30), ran(20, 25), ran(26, 40), ran(12, 14, "w0")};
  const auto lines = lines_of(tasks, 10);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].worker == "w0");
  CHECK(lines[1].tasks == std::vector<const TaskFacts*>{&tasks[0], &tasks[2], &tasks[3]});
  CHECK(lines[2].tasks == std::vector<const TaskFacts*>{&tasks[1]});
  CHECK(lines_of(tasks, 2).size() == 2);
}

TEST_CASE("a chart of processes draws tasks that are close as one box") {
  std::vector<TaskFacts> tasks;
  for (int i = 0; i < 10'000; ++i) tasks.push_back(ran(100'000 + i * 10, 100'000 + i * 10 + 10));
  const auto chart = timeline_chart(lines_of(tasks, 10), 0, 1'000'000);
  CHECK(chart.size() < 100'000);
  CHECK(chart.find("role=\"img\"") != std::string::npos);
}

TEST_CASE("what others have written is never markup in a report, and the page has no script and loads nothing") {
  const std::string evil = "<script>alert(1)</script>\"'&\x1b[0m\xff";
  ReportFacts facts{.title = evil, .from_ms = 0, .to_ms = 10'000, .about = {{evil, evil}}, .tasks = {}};
  auto task = ran(1000, 2000, "w", "failed");
  task.id = task.name = task.command = task.worker = task.error = evil;
  facts.tasks.push_back(task);
  const auto page = report_page(facts);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find('\x1b') == std::string::npos);
  CHECK(page.find("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;") != std::string::npos);
  for (const char* load : {"http://", "https://", "src=", "url(", "@import"})
    CHECK_MESSAGE(page.find(load) == std::string::npos, load);
  CHECK(page.starts_with("<!doctype html>"));
  CHECK(page.ends_with("</html>\n"));
}

TEST_CASE("a report without tasks is a page as well") {
  const auto page = report_page({.title = "nothing", .from_ms = 5, .to_ms = 5});
  CHECK(page.find("No task has failed.") != std::string::npos);
  CHECK(page.find("<h2>Processes") == std::string::npos);
}

TEST_CASE("facts of tasks and of jobs are read") {
  const auto task = facts_of(Json::parse(R"({"id":"i","name":"n","queue":"q","state":"failed","attempt":2,
    "submitted_at_ms":1,"started_at_ms":2,"finished_at_ms":3,"worker":"w","code":"handler_error","type":"E",
    "message":"broken"})"));
  CHECK(task.error == "E: broken");
  CHECK(task.worker == "w");
  CHECK(task.attempts == 2);
  CHECK(task.has_run());
  Ended ended;
  ended.job = {.seq = 7, .command = "gzip -k a"};
  ended.outcome.exit_code = 3;
  ended.outcome.host = "h";
  ended.outcome.started_at = 1.5;
  ended.outcome.run_seconds = 2;
  ended.tries = 4;
  const auto job = facts_of(ended);
  CHECK(job.attempts == 4);
  CHECK(job.id == "7");
  CHECK(job.name == "gzip");
  CHECK(job.error == "exit status 3");
  CHECK(job.started_ms == 1500);
  CHECK(job.finished_ms == 3500);
  ended.outcome.exit_code = 0;
  CHECK(facts_of(ended).state == "succeeded");
  ended.outcome.started_at = 0;
  CHECK_FALSE(facts_of(ended).has_run());
}

}  // namespace
}  // namespace forkmill::cli::report_page_test
