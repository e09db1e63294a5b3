#include "client/cli/map/input/rows.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/folder.h"

namespace forkmill::cli::rows_test {
namespace {

using Table = std::vector<Row>;

Rows::Group group(const std::vector<std::vector<std::string>>& sources) {
  Rows::Group linked;
  linked.reserve(sources.size());
  for (const auto& words : sources) linked.push_back(std::make_unique<WordSource>(words));
  return linked;
}

Rows rows(const std::vector<std::vector<std::vector<std::string>>>& groups) {
  std::vector<Rows::Group> made;
  made.reserve(groups.size());
  for (const auto& sources : groups) made.push_back(group(sources));
  return Rows{std::move(made)};
}

Table all(Rows&& rows) {
  Table table;
  for (Row row; rows.next(row) == Fetch::ready;) table.push_back(row);
  return table;
}

TEST_CASE("one source yields its arguments") {
  CHECK(all(rows({{{"a", "b"}}})) == Table{{"a"}, {"b"}});
  CHECK(rows({{{"a", "b"}}}).count() == 2);
  CHECK(all(rows({})).empty());
  CHECK(rows({}).count() == 0);
}

TEST_CASE("several sources yield every combination, in which the last one changes fastest") {
  CHECK(all(rows({{{"a", "b"}}, {{"1", "2"}}, {{"x", "y"}}})) == Table{{"a", "1", "x"},
                                                                       {"a", "1", "y"},
                                                                       {"a", "2", "x"},
                                                                       {"a", "2", "y"},
                                                                       {"b", "1", "x"},
                                                                       {"b", "1", "y"},
                                                                       {"b", "2", "x"},
                                                                       {"b", "2", "y"}});
  CHECK(rows({{{"a", "b"}}, {{"1", "2", "3"}}}).count() == 6);
  CHECK(rows({{{"a", "b"}}, {{"1", "2", "3"}}}).width() == 2);
}

TEST_CASE("an empty source yields no rows") {
  CHECK(all(rows({{{"a", "b"}}, {std::vector<std::string>{}}})).empty());
  CHECK(all(rows({{std::vector<std::string>{}}, {{"1"}}})).empty());
}

TEST_CASE("linked sources advance together and end with the shortest") {
  CHECK(all(rows({{{"a", "b", "c"}, {"1", "2"}}})) == Table{{"a", "1"}, {"b", "2"}});
  CHECK(rows({{{"a", "b", "c"}, {"1", "2"}}}).count() == 2);
  CHECK(all(rows({{{"x", "y"}}, {{"a", "b"}, {"1", "2"}}})) ==
        Table{{"x", "a", "1"}, {"x", "b", "2"}, {"y", "a", "1"}, {"y", "b", "2"}});
}

TEST_CASE("--colsep splits each argument into columns") {
  std::vector<Rows::Group> groups;
  groups.push_back(group({{"a,b", "c", "d,e,f"}}));
  Rows split{std::move(groups), ColumnSplitter{","}};
  CHECK(!split.width());
  CHECK(all(std::move(split)) == Table{{"a", "b"}, {"c"}, {"d", "e", "f"}});
}

TEST_CASE("a product that exceeds 64 bits has no count") {
  const std::vector<std::string> many(1 << 16, "x");
  CHECK(!rows({{many}, {many}, {many}, {many}}).count());
}

TEST_CASE("a row is complete even if one of its sources had to wait") {
  const forkmill::tests::Folder dir;
  const auto path = dir.path("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  std::vector<Rows::Group> groups;
  groups.push_back(group({{"a", "b"}}));
  groups[0].push_back(std::make_unique<LineSource>(path, "\n"));
  Rows rows{std::move(groups)};
  Row row;
  CHECK(rows.next(row) == Fetch::waiting);
  CHECK(rows.wait_fd() >= 0);
  CHECK(rows.next(row) == Fetch::waiting);
  REQUIRE(::write(writer, "1\n", 2) == 2);
  REQUIRE(rows.next(row) == Fetch::ready);
  CHECK(row == Row{"a", "1"});
  REQUIRE(::write(writer, "2\n", 2) == 2);
  ::close(writer);
  REQUIRE(rows.next(row) == Fetch::ready);
  CHECK(row == Row{"b", "2"});
  CHECK(rows.next(row) == Fetch::end);
}

TEST_CASE("the header is the first argument of each source, or its columns") {
  auto two = rows({{{"x", "1", "2"}}, {{"y", "3"}}});
  CHECK(two.read_header() == Row{"x", "y"});
  CHECK(two.count() == 2);
  CHECK(all(std::move(two)) == Table{{"1", "3"}, {"2", "3"}});
  std::vector<Rows::Group> groups;
  groups.push_back(group({{"a,b", "1,2"}}));
  Rows split{std::move(groups), ColumnSplitter{","}};
  CHECK(split.read_header() == Row{"a", "b"});
  CHECK(all(std::move(split)) == Table{{"1", "2"}});
  CHECK(rows({{std::vector<std::string>{}}}).read_header() == Row{""});
}

}  // namespace
}  // namespace forkmill::cli::rows_test
