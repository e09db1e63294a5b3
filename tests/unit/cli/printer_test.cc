#include "client/cli/map/printer.h"

#include <doctest/doctest.h>

namespace forkmill::cli::printer_test {
namespace {

struct Caught {
  std::string out;
  std::string err;
};

Caught print(const std::string& tag, const std::string& out, const std::string& err, Printer::Options options) {
  Caught caught;
  Ended ended{{.seq = 1, .command = "run it", .tag = tag}, {}};
  ended.outcome.out = out;
  ended.outcome.err = err;
  const Printer printer{[&](std::string_view text) { caught.out += text; },
                        [&](std::string_view text) { caught.err += text; }, options};
  printer.print(ended);
  return caught;
}

TEST_CASE("each stream is printed to its own") {
  const auto caught = print("x", "out\n", "err\n", {});
  CHECK(caught.out == "out\n");
  CHECK(caught.err == "err\n");
}

TEST_CASE("each line has the tag") {
  const auto caught = print("a 1", "one\n\ntwo", "err\n", {.tag = true});
  CHECK(caught.out == "a 1\tone\na 1\t\na 1\ttwo");
  CHECK(caught.err == "a 1\terr\n");
  CHECK(tag_lines("", "t").empty());
}

TEST_CASE("the command is printed before its output on request") {
  CHECK(print("x", "out\n", "err\n", {.verbose = true}).out == "run it\nout\n");
  CHECK(print("x", "out\n", "", {.tag = true, .verbose = true}).out == "x\trun it\nx\tout\n");
}

}  // namespace
}  // namespace forkmill::cli::printer_test
