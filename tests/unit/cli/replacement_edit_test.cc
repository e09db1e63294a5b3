#include "client/cli/map/jobs/replacement_edit.h"

#include <doctest/doctest.h>

namespace forkmill::cli::replacement_edit_test {
namespace {

std::string edited(const std::string& how, const std::string& argument) {
  const auto edit = ReplacementEdit::parse(how, true);
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

TEST_CASE("texts are cut, replaced and changed in case as in GNU parallel") {
  const auto edited = [](const char* text, const char* argument) {
    const auto edit = ReplacementEdit::parse(text, true);
    REQUIRE_MESSAGE(edit, text);
    return edit->apply(argument);
  };
  CHECK(edited("##a", "aab") == "ab");
  CHECK(edited("%%b", "aab") == "aa");
  CHECK(edited("/#a/x", "aab") == "xab");
  CHECK(edited("/#b/x", "aab") == "aab");
  CHECK(edited("/%b/x", "aab") == "aax");
  CHECK(edited("/%a/x", "aab") == "aab");
  CHECK(edited("^a", "aab") == "Aab");
  CHECK(edited("^b", "aab") == "aab");
  CHECK(edited("^^a", "aab") == "AAb");
  CHECK(edited(",A", "AAb") == "aAb");
  CHECK(edited(",,A", "AAb") == "aab");
  CHECK(edited("^^z1ä", "z1ä z1ä") == "Z1ä Z1ä");
  CHECK(edited("^^", "aab") == "aab");
  CHECK(edited(",,", "AAB") == "AAB");
}

TEST_CASE("other texts are no replacement strings") {
  for (const char* text : {"x", "....", "%", "#", "##", "^", ",", ":", ":x", "/a", "a/b"})
    CHECK(!ReplacementEdit::parse(text, true));
  for (const char* text : {"..", "+/", "%.gz", ":2"}) CHECK(!ReplacementEdit::parse(text, false));
}

}  // namespace
}  // namespace forkmill::cli::replacement_edit_test
