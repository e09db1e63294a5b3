#include "client/cli/map/input/columns.h"

#include <doctest/doctest.h>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli::columns_test {
namespace {

using Columns = std::vector<std::string>;

Columns split(const char* expression, const std::string& text) {
  Columns columns;
  ColumnSplitter{expression}.split(text, columns);
  return columns;
}

TEST_CASE("an argument is split at each match of the separator") {
  CHECK(split(",", "a,b,,c") == Columns{"a", "b", "", "c"});
  CHECK(split("\\t", "a\tb c") == Columns{"a", "b c"});
  CHECK(split(" +", "a   b c") == Columns{"a", "b", "c"});
  CHECK(split("\\|", "a|b") == Columns{"a", "b"});
  CHECK(split("[,;]", "a,b;c") == Columns{"a", "b", "c"});
  CHECK(split("^#", "#a#b") == Columns{"", "a#b"});
  CHECK(split(",", "") == Columns{""});
  CHECK(split(",", ",") == Columns{"", ""});
}

TEST_CASE("an expression that separates nothing is refused") {
  CHECK_THROWS_AS(ColumnSplitter{"("}, UsageError);
  CHECK_THROWS_AS(ColumnSplitter{"a*"}, UsageError);
  CHECK_THROWS_AS(ColumnSplitter{""}, UsageError);
}

TEST_CASE("a copy splits like the original") {
  const ColumnSplitter original{","};
  const ColumnSplitter copy = original;  // NOLINT(performance-unnecessary-copy-initialization): what is tested
  Columns columns;
  copy.split("a,b", columns);
  CHECK(columns == Columns{"a", "b"});
}

TEST_CASE("expressions may use the escapes of Perl") {
  const auto split = [](const char* expression, const std::string& text) {
    std::vector<std::string> columns;
    ColumnSplitter{expression}.split(text, columns);
    return columns;
  };
  CHECK(split("\\d", "a1b2") == Columns{"a", "b", ""});
  CHECK(split("[\\d,]", "a1b,c") == Columns{"a", "b", "c"});
  CHECK(split("\\s+", "a \t b") == Columns{"a", "b"});
  CHECK(split("\\D+", "1ab2") == Columns{"1", "2"});
  CHECK(split("[\\]\\-^]", "a]b-c^d") == Columns{"a", "b", "c", "d"});
  CHECK(split("(?:,|;)", "a,b;c") == Columns{"a", "b", "c"});
  CHECK(split("\\|", "a|b") == Columns{"a", "b"});
  CHECK(split("[^\\w]", "a-b") == Columns{"a", "b"});
  CHECK_THROWS_AS(ColumnSplitter{",+?"}, UsageError);
  CHECK_THROWS_AS(ColumnSplitter{"(?=a)"}, UsageError);
  CHECK_THROWS_AS(ColumnSplitter{"(a)\\1"}, UsageError);
}

}  // namespace
}  // namespace forkmill::cli::columns_test
