#include "client/cli/commands/map/job_count.h"

#include <doctest/doctest.h>

namespace forkmill::cli::job_count_test {
namespace {

std::size_t jobs(const char* text, std::size_t processes) {
  const auto count = JobCount::parse(text);
  REQUIRE(count);
  return count->resolve(processes);
}

TEST_CASE("a number of jobs is absolute, or refers to the processes of the workers") {
  CHECK(jobs("3", 8) == 3);
  CHECK(jobs("0", 8) == JobCount::kMax);
  CHECK(jobs("+0", 8) == 8);
  CHECK(jobs("+2", 8) == 10);
  CHECK(jobs("-3", 8) == 5);
  CHECK(jobs("-100", 8) == 1);
  CHECK(jobs("50%", 8) == 4);
  CHECK(jobs("150%", 8) == 12);
  CHECK(jobs("1%", 8) == 1);
  CHECK(JobCount{}.resolve(8) == JobCount::kDefault);
  CHECK(JobCount{}.is_default());
  CHECK(!JobCount::parse("3")->is_relative());
  CHECK(JobCount::parse("+0")->is_relative());
}

TEST_CASE("other texts are no numbers of jobs") {
  for (const char* text : {"", "x", "3x", "%", "+", "-", "0%", "-5%", "1.5", "100001"}) CHECK(!JobCount::parse(text));
}

}  // namespace
}  // namespace forkmill::cli::job_count_test
