#include "client/cli/map/printer.h"

#include <doctest/doctest.h>

namespace forkmill::cli {
namespace {

struct Caught {
  std::string out;
  std::string err;
};

Caught print(const Row& args, const std::string& out, const std::string& err, bool tag) {
  Caught caught;
  Ended ended{{.seq = 1, .args = args, .argv = {}, .command = ""}, {}};
  ended.outcome.out = out;
  ended.outcome.err = err;
  const Printer printer{[&](std::string_view text) { caught.out += text; },
                        [&](std::string_view text) { caught.err += text; }, tag};
  printer.print(ended);
  return caught;
}

TEST_CASE("each stream is printed to its own") {
  const auto caught = print({"x"}, "out\n", "err\n", false);
  CHECK(caught.out == "out\n");
  CHECK(caught.err == "err\n");
}

TEST_CASE("each line has the tag") {
  const auto caught = print({"a", "1"}, "one\n\ntwo", "err\n", true);
  CHECK(caught.out == "a 1\tone\na 1\t\na 1\ttwo");
  CHECK(caught.err == "a 1\terr\n");
  CHECK(tag_lines("", "t").empty());
}

}  // namespace
}  // namespace forkmill::cli
