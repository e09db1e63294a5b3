#include "client/cli/map/resume.h"

#include <doctest/doctest.h>

#include "client/cli/command_error.h"
#include "tests/unit/cli/temp_dir.h"

namespace forkmill::cli {
namespace {

std::string logged(std::uint64_t seq, const std::string& command, int exit_code = 0) {
  JobLogEntry entry;
  entry.seq = seq;
  entry.host = "h";
  entry.exit_code = exit_code;
  entry.command = command;
  return entry.line();
}

TEST_CASE("a job is told by its command, wherever it stands in the input") {
  const test::TempDir dir;
  const auto path = dir.write("log", std::string{kJobLogHeader} + logged(1, "a") + logged(2, "b", 1));
  auto finished = Finished::read(path, Resume::ended);
  CHECK(finished.size() == 2);
  CHECK(!finished.take("c"));
  CHECK(finished.take("b"));
  CHECK(finished.take("a"));
  CHECK(!finished.take("a"));
}

TEST_CASE("--resume-failed runs again what failed, and takes its later success") {
  const test::TempDir dir;
  const auto path = dir.write(
      "log", std::string{kJobLogHeader} + logged(1, "a") + logged(2, "b", 1) + logged(3, "c", 1) + logged(3, "c"));
  auto finished = Finished::read(path, Resume::succeeded);
  CHECK(finished.take("a"));
  CHECK(!finished.take("b"));
  CHECK(finished.take("c"));
  CHECK(!finished.take("c"));
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
  CHECK(!finished.take("a"));
}

TEST_CASE("the same command of two jobs counts twice") {
  const test::TempDir dir;
  auto finished = Finished::read(dir.write("log", logged(1, "a") + logged(2, "a")), Resume::ended);
  CHECK(finished.take("a"));
  CHECK(finished.take("a"));
  CHECK(!finished.take("a"));
}

TEST_CASE("a torn last line is run again, another wrong line is named") {
  const test::TempDir dir;
  const auto torn = logged(2, "b");
  auto finished = Finished::read(dir.write("torn", logged(1, "a") + torn.substr(0, torn.size() - 1)), Resume::ended);
  CHECK(finished.take("a"));
  CHECK(!finished.take("b"));
  try {
    Finished::read(dir.write("wrong", std::string{kJobLogHeader} + "hello\n" + logged(1, "a")), Resume::ended);
    FAIL("taken");
  } catch (const UsageError& error) {
    CHECK(std::string{error.what()}.ends_with("wrong:2: not a line of a job log"));
  }
}

TEST_CASE("no log is an empty one") {
  const test::TempDir dir;
  CHECK(Finished::read(dir.path("absent"), Resume::ended).size() == 0);
}

}  // namespace
}  // namespace forkmill::cli
