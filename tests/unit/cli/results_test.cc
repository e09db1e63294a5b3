#include "client/cli/map/jobs/results.h"

#include <doctest/doctest.h>

#include <set>

#include "client/cli/errors/command_error.h"
#include "tests/folder.h"

namespace forkmill::cli::results_test {
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
  const forkmill::tests::Folder dir;
  ResultsDir results{dir.path("out/deep")};
  Ended ended{{.seq = 7, .args = {"a", "b/c"}}, {}};
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
  const forkmill::tests::Folder dir;
  CHECK_THROWS_AS(ResultsDir{dir.write("file", "") + "/x"}, UsageError);
}

TEST_CASE("positions with names have directories of these names, and jobs without arguments one by their number") {
  const forkmill::tests::Folder dir;
  ResultsDir results{dir.path("out"), {"x", "y"}};
  results.write({{.seq = 1, .args = {"1", "2"}}, {}});
  CHECK(dir.read("out/x/1/y/2/seq") == "1\n");
  results.write({{.seq = 2}, {}});
  CHECK(dir.read("out/2/seq") == "2\n");
}

TEST_CASE("a path with replacement strings names the files of a job") {
  const forkmill::tests::Folder dir;
  Ended ended{{.seq = 3, .args = {"a"}}, {}};
  ended.outcome.out = "hello\n";
  ended.outcome.err = "warning\n";
  open_results(dir.path("deep/{}-{#}"), {})->write(ended);
  CHECK(dir.read("deep/a-3") == "hello\n");
  CHECK(dir.read("deep/a-3.err") == "warning\n");
  CHECK(dir.read("deep/a-3.seq") == "3\n");
}

TEST_CASE("a path that ends in .csv, .tsv or .json, in small letters or capitals, is a table of all jobs") {
  const forkmill::tests::Folder dir;
  Ended ended{{.seq = 1, .args = {"a", "b\"c"}, .command = "echo 'a'"}, {}};
  ended.outcome.out = "two\nlines\n";
  ended.outcome.host = "node1";
  ended.outcome.started_at = 1.5;
  const auto written = [&](const std::string& name, const Syntax& syntax) {
    const auto results = open_results(dir.path(name), syntax);
    CHECK(results->replaces_printing());
    results->write(ended);
    return dir.read(name);
  };
  CHECK(written("t.csv", {}) ==
        "Seq,Host,Starttime,JobRuntime,Send,Receive,Exitval,Signal,Command,V1,V2,Stdout,Stderr\n"
        "1,node1,1.500,0.000,0,10,0,0,\"echo 'a'\",a,\"b\"\"c\",\"two\nlines\n\",\n");
  CHECK(written("t.tsv", {.names = {"x", "y"}}).find("Command\tx\ty\tStdout") != std::string::npos);
  CHECK(written("T.CSV", {}) == written("t.csv", {}));
  CHECK(written("T.Tsv", {}) == written("t.tsv", {}));
  CHECK(written("t.json", {}).find(R"("V":["a","b\"c"],"Stdout":"two\nlines\n","Stderr":"")") != std::string::npos);
}

}  // namespace
}  // namespace forkmill::cli::results_test
