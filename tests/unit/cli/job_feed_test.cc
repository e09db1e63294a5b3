#include "client/cli/map/job_feed.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cli/temp_dir.h"

namespace forkmill::cli {
namespace {

using Next = JobFeed::Next;

CommandTemplate run_command() { return {{"run"}, false}; }

Rows rows_of(std::unique_ptr<Source> source) {
  std::vector<Rows::Group> groups(1);
  groups[0].push_back(std::move(source));
  return Rows{std::move(groups)};
}

TEST_CASE("each row becomes a job, and the total is known at the end") {
  JobFeed feed{run_command(), rows_of(std::make_unique<WordSource>(std::vector<std::string>{"a", "b"})),
               Finished{Resume::none}};
  Job job;
  REQUIRE(feed.next(job) == Next::job);
  CHECK(job.seq == 1);
  CHECK(job.command == "run a");
  CHECK(!feed.total());
  REQUIRE(feed.next(job) == Next::job);
  CHECK(job.seq == 2);
  CHECK(feed.next(job) == Next::end);
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
  CHECK(feed.next(job) == Next::skipped);
  REQUIRE(feed.next(job) == Next::job);
  CHECK(job.seq == 2);
  CHECK(feed.skipped() == 1);
  CHECK(feed.next(job) == Next::end);
  CHECK(feed.total() == 2);
}

TEST_CASE("a feed waits for an input that has no row yet") {
  const test::TempDir dir;
  const auto path = dir.path("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  JobFeed feed{run_command(), rows_of(std::make_unique<LineSource>(path, '\n')), Finished{Resume::none}};
  Job job;
  feed.count();
  CHECK(!feed.total());
  CHECK(feed.next(job) == Next::waiting);
  CHECK(feed.wait_fd() >= 0);
  REQUIRE(::write(writer, "a\n", 2) == 2);
  ::close(writer);
  CHECK(feed.next(job) == Next::job);
  CHECK(feed.next(job) == Next::end);
}

}  // namespace
}  // namespace forkmill::cli
