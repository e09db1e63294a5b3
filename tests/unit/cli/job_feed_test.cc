#include "client/cli/map/input/job_feed.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cli/map/input/rows.h"
#include "tests/folder.h"

namespace forkmill::cli::job_feed_test {
namespace {

using Next = JobFeed::Next;

CommandTemplate run_command() { return {{"run"}, false}; }

JobFeed::Input rows_of(std::unique_ptr<Source> source) {
  std::vector<Rows::Group> groups(1);
  groups[0].push_back(std::move(source));
  return {.rows = std::make_unique<Rows>(std::move(groups))};
}

JobFeed::Input words_of(const std::vector<std::string>& words) { return rows_of(std::make_unique<WordSource>(words)); }

TEST_CASE("each row becomes a job, and the total is known at the end") {
  JobFeed feed{run_command(), rows_of(std::make_unique<WordSource>(std::vector<std::string>{"a", "b"})),
               Finished{Resume::none}};
  Job job;
  REQUIRE(feed.next(job, 1) == Next::job);
  CHECK(job.seq == 1);
  CHECK(job.command == "run a");
  CHECK(!feed.total());
  REQUIRE(feed.next(job, 1) == Next::job);
  CHECK(job.seq == 2);
  CHECK(feed.next(job, 1) == Next::end);
  CHECK(feed.total() == 2);
}

TEST_CASE("the total can be counted before the first job") {
  JobFeed feed{run_command(), rows_of(std::make_unique<WordSource>(std::vector<std::string>{"a", "b"})),
               Finished{Resume::none}};
  feed.count();
  CHECK(feed.total() == 2);
}

TEST_CASE("a job that an earlier run has done is skipped but keeps its number") {
  Finished finished{Resume::ended};
  finished.add({.seq = 1, .host = "h", .command = "run a"});
  JobFeed feed{run_command(), rows_of(std::make_unique<WordSource>(std::vector<std::string>{"a", "b"})),
               std::move(finished)};
  Job job;
  CHECK(feed.next(job, 1) == Next::skipped);
  REQUIRE(feed.next(job, 1) == Next::job);
  CHECK(job.seq == 2);
  CHECK(feed.skipped() == 1);
  CHECK(feed.next(job, 1) == Next::end);
  CHECK(feed.total() == 2);
}

TEST_CASE("a feed waits for an input that has no row yet") {
  const forkmill::tests::Folder dir;
  const auto path = dir.path("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  JobFeed feed{run_command(), rows_of(std::make_unique<LineSource>(path, "\n")), Finished{Resume::none}};
  Job job;
  feed.count();
  CHECK(!feed.total());
  CHECK(feed.next(job, 1) == Next::waiting);
  CHECK(feed.wait_fd() >= 0);
  REQUIRE(::write(writer, "a\n", 2) == 2);
  ::close(writer);
  CHECK(feed.next(job, 1) == Next::job);
  CHECK(feed.next(job, 1) == Next::end);
}

TEST_CASE("a job has the slot that it is given, also in its command and tag") {
  JobFeed feed{{{"run", "{%}"}, false},
               words_of({"a"}),
               Finished{Resume::none},
               {.tag = ReplacementText{"{#}:{%}:{}", Syntax{}}}};
  Job job;
  REQUIRE(feed.next(job, 7) == Next::job);
  CHECK(job.slot == 7);
  CHECK(job.command == "run 7");
  CHECK(job.tag == "1:7:a");
}

TEST_CASE("a command with the slot is resumed by its number, because its text differs in each run") {
  Finished finished{Resume::ended};
  finished.add({.seq = 1, .host = "h", .command = "run 3 a"});
  JobFeed feed{{{"run", "{%}", "{}"}, false}, words_of({"a", "b"}), std::move(finished)};
  Job job;
  CHECK(feed.next(job, 1) == Next::skipped);
  CHECK(feed.next(job, 1) == Next::job);
}

TEST_CASE("blank arguments are skipped on request, and are not counted as jobs") {
  JobFeed feed{run_command(), words_of({"", " ", "a"}), Finished{Resume::none}, {.skip_empty = true}};
  Job job;
  CHECK(feed.next(job, 1) == Next::skipped);
  CHECK(feed.next(job, 1) == Next::skipped);
  REQUIRE(feed.next(job, 1) == Next::job);
  CHECK(job.seq == 1);
  CHECK(feed.next(job, 1) == Next::end);
  CHECK(feed.total() == 1);
}

TEST_CASE("failed jobs of a log keep their numbers and commands") {
  JobFeed::Input input;
  input.failed = std::vector<Job>{{.seq = 4, .args = {"exit 1"}}};
  JobFeed feed{{{}, false}, std::move(input)};
  Job job;
  REQUIRE(feed.next(job, 1) == Next::job);
  CHECK(job.seq == 4);
  CHECK(job.command == "exit 1");
  CHECK(feed.next(job, 1) == Next::end);
}

}  // namespace
}  // namespace forkmill::cli::job_feed_test
