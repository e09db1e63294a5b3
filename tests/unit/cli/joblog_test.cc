#include "client/cli/map/jobs/joblog.h"

#include <doctest/doctest.h>

#include "client/cli/errors/command_error.h"
#include "tests/folder.h"

namespace forkmill::cli::joblog_test {
namespace {

JobLogEntry sample() {
  return {.seq = 3,
          .host = "node1",
          .started_at = 1700000000.1234,
          .run_seconds = 1.0025,
          .sent = 0,
          .received = 12,
          .exit_code = 1,
          .signal = 0,
          .command = "echo 'a\tb'"};
}

TEST_CASE("a line has the same bytes as one of GNU parallel") {
  CHECK(sample().line() == "3\tnode1\t1700000000.123\t     1.002\t0\t12\t1\t0\techo 'a\tb'\n");
}

TEST_CASE("an entry is read back as it was written, including newlines and tabs of its command") {
  auto entry = sample();
  entry.command = "printf 'a\nb'\t| wc";
  entry.exit_code = -1;
  entry.signal = 15;
  auto line = entry.line();
  CHECK(line.find('\n') == line.size() - 1);
  line.pop_back();
  const auto read = JobLogEntry::parse(line);
  REQUIRE(read);
  CHECK(read->command == entry.command);
  CHECK(read->seq == 3);
  CHECK(read->host == "node1");
  CHECK(read->exit_code == -1);
  CHECK(read->signal == 15);
  CHECK(!read->ok());
  CHECK(read->run_seconds == doctest::Approx(1.002));
}

TEST_CASE("a line that GNU parallel wrote is read") {
  const auto read = JobLogEntry::parse("1\t:\t1700000000.123\t     0.003\t0\t2\t0\t0\techo a");
  REQUIRE(read);
  CHECK(read->ok());
  CHECK(read->command == "echo a");
}

TEST_CASE("other lines are not entries") {
  for (const char* wrong :
       {"", "a\tb", "x\t:\t1\t1\t0\t0\t0\t0\tc", "1\t:\t1\t1\t0\t0\t0x\t0\tc", "1\t:\t1\t1\t0\t0\t0\t0"}) {
    CHECK_MESSAGE(!JobLogEntry::parse(wrong), wrong);
  }
}

TEST_CASE("an outcome becomes an entry") {
  Ended ended{{.seq = 2, .args = {"x"}, .argv = {}, .command = "c x"}, {}};
  ended.outcome.out = "abc";
  ended.outcome.err = "de";
  const auto entry = joblog_entry(ended);
  CHECK(entry.received == 5);
  CHECK(entry.host == "-");
}

TEST_CASE("a new log has a header, and appending keeps all complete lines") {
  const forkmill::tests::Folder dir;
  const auto path = dir.path("log");
  const std::string header{kJobLogHeader};
  const auto line = sample().line();
  { JobLog{path, JobLog::Mode::replace}.write(sample()); }
  CHECK(dir.read("log") == header + line);
  { JobLog{path, JobLog::Mode::append}.write(sample()); }
  CHECK(dir.read("log") == header + line + line);
  dir.write("log", header + line + "4\tnode1\t17000");
  { JobLog{path, JobLog::Mode::append}.write(sample()); }
  CHECK(dir.read("log") == header + line + line);
  dir.write("log", "Seq\tHo");
  { const JobLog log{path, JobLog::Mode::append}; }
  CHECK(dir.read("log") == header);
  { const JobLog log{path, JobLog::Mode::replace}; }
  CHECK(dir.read("log") == header);
}

TEST_CASE("a log that cannot be opened or written is an error") {
  const forkmill::tests::Folder dir;
  CHECK_THROWS_AS((JobLog{dir.path("no/such"), JobLog::Mode::replace}), UsageError);
  CHECK_THROWS_AS((JobLog{"/dev/full", JobLog::Mode::append}), CommandError);
}

TEST_CASE("a log that is only added to gets no header") {
  const forkmill::tests::Folder dir;
  JobLog{dir.path("log"), JobLog::Mode::add}.write({.seq = 1, .host = "h", .command = "a"});
  JobLog{dir.path("log"), JobLog::Mode::add}.write({.seq = 2, .host = "h", .command = "b"});
  const auto text = dir.read("log");
  CHECK(text.starts_with("1\th\t"));
  CHECK(text.find("\n2\th\t") != std::string::npos);
}

}  // namespace
}  // namespace forkmill::cli::joblog_test
