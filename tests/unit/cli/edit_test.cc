#include "client/cli/map/jobs/edit.h"

#include <doctest/doctest.h>

namespace forkmill::cli {
namespace {

std::string edited(const std::string& how, const std::string& argument) {
  const auto edit = Edit::parse(how, true);
  REQUIRE(edit);
  return edit->apply(argument);
}

TEST_CASE("--plus adds replacement strings for extensions and directories") {
  CHECK(edited("..", "a/b.c.d.e") == "a/b.c");
  CHECK(edited("...", "a/b.c.d.e") == "a/b");
  CHECK(edited("/..", "a/b.c.d.e") == "b.c");
  CHECK(edited("/...", "a/b.c.d.e") == "b");
  CHECK(edited("+/", "a/b.c") == "a");
  CHECK(edited("+/", "a") == "");
  CHECK(edited("+.", "a/b.c.d.e") == "e");
  CHECK(edited("+..", "a/b.c.d.e") == "d.e");
  CHECK(edited("+...", "a/b.c.d.e") == "c.d.e");
  CHECK(edited("+.", "a/b") == "");
}

TEST_CASE("--plus adds replacement strings that change a text") {
  CHECK(edited("%.gz", "a.gz") == "a");
  CHECK(edited("%.gz", "a.xz") == "a.xz");
  CHECK(edited("#a/", "a/b") == "b");
  CHECK(edited("/b/X", "abab") == "aXab");
  CHECK(edited("//b/X", "abab") == "aXaX");
  CHECK(edited(":-none", "") == "none");
  CHECK(edited(":-none", "a") == "a");
  CHECK(edited(":2", "abcdef") == "cdef");
  CHECK(edited(":2:3", "abcdef") == "cde");
  CHECK(edited(":9", "abc") == "");
}

TEST_CASE("other texts are no replacement strings") {
  for (const char* text : {"x", "....", "%", "#", ":", ":x", "/a", "a/b"}) CHECK(!Edit::parse(text, true));
  for (const char* text : {"..", "+/", "%.gz", ":2"}) CHECK(!Edit::parse(text, false));
}

}  // namespace
}  // namespace forkmill::cli
