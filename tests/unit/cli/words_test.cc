#include "client/cli/map/input/words.h"

#include <doctest/doctest.h>

#include "client/cli/errors/command_error.h"
#include "tests/folder.h"

namespace forkmill::cli::words_test {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("the words are a command followed by sources") {
  const auto split =
      split_words({"echo", "{1}", "{2}", ":::", "a", "b", ":::+", "1", "2", "::::", "f", "g", "::::+", "h"});
  CHECK(split.command == Words{"echo", "{1}", "{2}"});
  const std::vector<Input> expected{{.file = false, .linked = false, .words = {"a", "b"}},
                                    {.file = false, .linked = true, .words = {"1", "2"}},
                                    {.file = true, .linked = false, .words = {"f"}},
                                    {.file = true, .linked = false, .words = {"g"}},
                                    {.file = true, .linked = true, .words = {"h"}}};
  CHECK(split.inputs == expected);
}

TEST_CASE("command and sources may be missing, and a source may be empty") {
  CHECK(split_words({"wc", "-l"}).inputs.empty());
  CHECK(split_words({":::", "a"}).command.empty());
  CHECK(split_words({"echo", ":::"}).inputs == std::vector<Input>{{.file = false, .linked = false, .words = {}}});
  CHECK(split_words({}).command.empty());
}

TEST_CASE("sources without a file or a previous source, and stdin given twice, are refused") {
  CHECK_THROWS_AS(split_words({"echo", ":::+", "a"}), UsageError);
  CHECK_THROWS_AS(split_words({"echo", "::::"}), UsageError);
  CHECK_THROWS_AS(open_inputs({{.file = true, .words = {"-"}}, {.file = true, .words = {"-"}}}, {}), UsageError);
}

TEST_CASE("inputs are opened in their order") {
  const forkmill::tests::Folder dir;
  auto rows = open_inputs({{.file = true, .words = {dir.write("f", "x y\nz w\n")}}, {.file = false, .words = {"1"}}},
                          {.columns = " "});
  Row row;
  CHECK(rows->next(row) == Fetch::ready);
  CHECK(row == Row{"x", "y", "1"});
  CHECK(rows->next(row) == Fetch::ready);
  CHECK(row == Row{"z", "w", "1"});
  CHECK(rows->next(row) == Fetch::end);
}

TEST_CASE("--link repeats the shorter sources until the longest has ended") {
  const auto rows = open_inputs({{.words = {"a", "b", "c"}}, {.words = {"1", "2"}}, {.words = {}}}, {.link = true});
  std::vector<Row> all;
  for (Row row; rows->next(row) == Fetch::ready;) all.push_back(row);
  CHECK(all == std::vector<Row>{{"a", "1", ""}, {"b", "2", ""}, {"c", "1", ""}});
}

TEST_CASE("an empty source among several is one empty argument, and alone has no jobs") {
  Row row;
  const auto two = open_inputs({{.words = {"a"}}, {.words = {}}}, {});
  REQUIRE(two->next(row) == Fetch::ready);
  CHECK(row == Row{"a", ""});
  CHECK(two->next(row) == Fetch::end);
  CHECK(open_inputs({{.words = {}}}, {})->next(row) == Fetch::end);
}

TEST_CASE("a delimiter also separates arguments of the command line, except a newline") {
  Row row;
  const auto rows = open_inputs({{.words = {"a,b", "c"}}}, {.delimiter = ","});
  for (const char* word : {"a", "b", "c"}) {
    REQUIRE(rows->next(row) == Fetch::ready);
    CHECK(row == Row{word});
  }
  CHECK(rows->next(row) == Fetch::end);
  const auto lines = open_inputs({{.words = {"a\nb"}}}, {});
  REQUIRE(lines->next(row) == Fetch::ready);
  CHECK(row == Row{"a\nb"});
}

}  // namespace
}  // namespace forkmill::cli::words_test
