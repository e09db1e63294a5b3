#include "client/cli/map/jobs/results.h"

#include <doctest/doctest.h>

#include <set>

#include "client/cli/errors/command_error.h"
#include "tests/unit/cli/temp_dir.h"

namespace forkmill::cli {
namespace {

TEST_CASE("different arguments have different and readable directories, all below the root") {
  CHECK(results_name("a.txt") == "a.txt");
  CHECK(results_name("/usr/include/a b.h") == "\\_usr\\_include\\_a b.h");
  CHECK(results_name("a\\_b") == "a\\\\_b");
  CHECK(results_name("..") == "\\..");
  CHECK(results_name(".") == "\\.");
  CHECK(results_name("") == "\\0");
  const std::set<std::string> names{results_name("a/b"), results_name("a\\_b"), results_name("a\\b"),
                                    results_name("..")};
  CHECK(names.size() == 4);
}

TEST_CASE("names that are too long for a file system keep their beginning and stay different") {
  const std::string one = std::string(300, 'x') + "1";
  const std::string two = std::string(300, 'x') + "2";
  CHECK(results_name(one).size() <= 255);
  CHECK(results_name(one) != results_name(two));
  CHECK(results_name(one).starts_with(std::string(200, 'x')));
}

TEST_CASE("each job has a directory in the layout of GNU parallel") {
  const test::TempDir dir;
  const ResultsDir results{dir.path("out/deep")};
  Ended ended{{.seq = 7, .args = {"a", "b/c"}, .argv = {}, .command = ""}, {}};
  ended.outcome.out = "hello\n";
  ended.outcome.err = "warning\n";
  results.write(ended);
  CHECK(dir.read("out/deep/1/a/2/b\\_c/stdout") == "hello\n");
  CHECK(dir.read("out/deep/1/a/2/b\\_c/stderr") == "warning\n");
  CHECK(dir.read("out/deep/1/a/2/b\\_c/seq") == "7\n");
  ended.outcome.out = "again\n";
  results.write(ended);
  CHECK(dir.read("out/deep/1/a/2/b\\_c/stdout") == "again\n");
}

TEST_CASE("a directory that cannot be created is an error") {
  const test::TempDir dir;
  CHECK_THROWS_AS(ResultsDir{dir.write("file", "") + "/x"}, UsageError);
}

}  // namespace
}  // namespace forkmill::cli
