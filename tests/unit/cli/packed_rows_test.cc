#include "client/cli/map/input/packed_rows.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "client/cli/map/input/kept_rows.h"
#include "client/cli/map/input/rows.h"
#include "client/cli/map/input/shuffled_rows.h"

namespace forkmill::cli::packed_rows_test {
namespace {

using Table = std::vector<Row>;

std::unique_ptr<Rows> rows_of(std::vector<std::string> words) {
  std::vector<Rows::Group> groups(1);
  groups[0].push_back(std::make_unique<WordSource>(std::move(words)));
  return std::make_unique<Rows>(std::move(groups));
}

// A command of three bytes and its arguments, each behind a blank.
std::size_t length(const Row& row) {
  std::size_t bytes = 3;
  for (const auto& argument : row) bytes += argument.size() + 1;
  return bytes;
}

Table packed(std::vector<std::string> words, const PackedRows::Limits& limits) {
  PackedRows rows{rows_of(std::move(words)), limits, length};
  Table table;
  for (Row row; rows.next(row) == Fetch::ready;) table.push_back(row);
  return table;
}

TEST_CASE("-N packs that many arguments into each job") {
  CHECK(packed({"a", "b", "c"}, {.rows = 2}) == Table{{"a", "b"}, {"c"}});
  CHECK(packed({}, {.rows = 2}).empty());
  PackedRows rows{rows_of({"a", "b", "c"}), {.rows = 2}, length};
  CHECK(rows.count() == 2);
}

TEST_CASE("-N0 gives a job without arguments for each of them") {
  CHECK(packed({"a", "b"}, {.drop = true}) == Table{{}, {}});
}

TEST_CASE("-X packs as many arguments as fit, and spreads the last ones over the jobs") {
  CHECK(packed({"1", "2", "3", "4", "5", "6", "7"}, {.jobs = 2}) == Table{{"1", "2", "3", "4"}, {"5", "6", "7"}});
  CHECK(packed({"1", "2"}, {.jobs = 8}) == Table{{"1"}, {"2"}});
  CHECK(packed({"aaaa", "bbbb", "cccc"}, {.length = 16}) == Table{{"aaaa", "bbbb"}, {"cccc"}});
  CHECK(packed({"an argument that is longer than a command may be", "b"}, {.length = 16}).size() == 2);
}

TEST_CASE("--shuf runs each row once, in another order") {
  std::vector<std::string> words;
  for (int i = 0; i < 100; ++i) words.push_back(std::to_string(i));
  ShuffledRows shuffled{rows_of(words), 1};
  CHECK(shuffled.count() == 100);
  std::vector<std::string> found;
  for (Row row; shuffled.next(row) == Fetch::ready;) found.push_back(row.at(0));
  CHECK(found != words);
  std::sort(found.begin(), found.end());
  std::sort(words.begin(), words.end());
  CHECK(found == words);
}

TEST_CASE("rows that are kept are counted before the first of them is read") {
  const auto rows = rows_of({"a", "b"});
  KeptRows kept{*rows};
  CHECK(kept.count() == 2);
  Row row;
  REQUIRE(kept.next(row) == Fetch::ready);
  CHECK(row == Row{"a"});
  CHECK(kept.next(row) == Fetch::ready);
  CHECK(kept.next(row) == Fetch::end);
}

}  // namespace
}  // namespace forkmill::cli::packed_rows_test
