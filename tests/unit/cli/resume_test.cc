#include "client/cli/map/jobs/resume.h"

#include <doctest/doctest.h>

#include "client/cli/errors/command_error.h"
#include "tests/folder.h"

namespace forkmill::cli::resume_test {
namespace {

std::string logged(std::uint64_t seq, const std::string& command, int exit_code = 0) {
  JobLogEntry entry;
  entry.seq = seq;
  entry.host = "h";
  entry.exit_code = exit_code;
  entry.command = command;
  return entry.line();
}

TEST_CASE("a job is recognized by its command at any place of the input") {
  const forkmill::tests::Folder dir;
  const auto path = dir.write("log", std::string{kJobLogHeader} + logged(1, "a") + logged(2, "b", 1));
  auto finished = Finished::read(path, Resume::ended);
  CHECK(finished.size() == 2);
  CHECK(!finished.pop("c"));
  CHECK(finished.pop("b"));
  CHECK(finished.pop("a"));
  CHECK(!finished.pop("a"));
}

TEST_CASE("--resume-failed runs failed jobs again, and counts their later success") {
  const forkmill::tests::Folder dir;
  const auto path = dir.write(
      "log", std::string{kJobLogHeader} + logged(1, "a") + logged(2, "b", 1) + logged(3, "c", 1) + logged(3, "c"));
  auto finished = Finished::read(path, Resume::succeeded);
  CHECK(finished.pop("a"));
  CHECK(!finished.pop("b"));
  CHECK(finished.pop("c"));
  CHECK(!finished.pop("c"));
}

TEST_CASE("a success that later failed is a failure") {
  Finished finished{Resume::succeeded};
  JobLogEntry entry;
  entry.seq = 1;
  entry.command = "a";
  finished.add(entry);
  entry.exit_code = 1;
  finished.add(entry);
  CHECK(finished.size() == 0);
  CHECK(!finished.pop("a"));
}

TEST_CASE("the same command of two jobs counts twice") {
  const forkmill::tests::Folder dir;
  auto finished = Finished::read(dir.write("log", logged(1, "a") + logged(2, "a")), Resume::ended);
  CHECK(finished.pop("a"));
  CHECK(finished.pop("a"));
  CHECK(!finished.pop("a"));
}

TEST_CASE("an incomplete last line is ignored, and any other wrong line is reported with its number") {
  const forkmill::tests::Folder dir;
  const auto incomplete = logged(2, "b");
  auto finished = Finished::read(dir.write("incomplete", logged(1, "a") + incomplete.substr(0, incomplete.size() - 1)),
                                 Resume::ended);
  CHECK(finished.pop("a"));
  CHECK(!finished.pop("b"));
  try {
    Finished::read(dir.write("wrong", std::string{kJobLogHeader} + "hello\n" + logged(1, "a")), Resume::ended);
    FAIL("accepted");
  } catch (const UsageError& error) {
    CHECK(std::string{error.what()}.ends_with("wrong:2: not a line of a job log"));
  }
}

TEST_CASE("a missing log counts as an empty one") {
  const forkmill::tests::Folder dir;
  CHECK(Finished::read(dir.path("absent"), Resume::ended).size() == 0);
}

TEST_CASE("the failed jobs of a log are those that failed in their last run") {
  const forkmill::tests::Folder dir;
  const auto line = [](std::uint64_t seq, int exit_code, const std::string& command) {
    JobLogEntry entry{.seq = seq, .host = "h", .command = command};
    entry.exit_code = exit_code;
    return entry.line();
  };
  const auto path = dir.write("log", std::string{kJobLogHeader} + line(1, 1, "a") + line(2, 1, "b") + line(3, 0, "c") +
                                         line(1, 0, "a") + "9\thalf");
  const auto failed = failed_jobs(path);
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].seq == 2);
  CHECK(failed[0].args == Row{"b"});
  CHECK_THROWS_AS(failed_jobs(dir.path("absent")), UsageError);
}

}  // namespace
}  // namespace forkmill::cli::resume_test
