#include "client/cli/text/table.h"

#include <doctest/doctest.h>

namespace forkmill::cli::table_test {
namespace {

Table sample() {
  Table table{
      {{.name = "queue"}, {.name = "ready", .right = true}, {.name = "oldest_age", .wide = true, .right = true}}};
  table.add({Cell{"default"}, Cell{12}, Cell{1.5, "1.5s"}});
  table.add({Cell{"größe"}, Cell{3}, Cell{nullptr, "-"}});
  return table;
}

TEST_CASE("a table is aligned by characters and omits wide columns") {
  CHECK(sample().render(Format::table, true) == "QUEUE    READY\ndefault     12\ngröße        3\n");
  CHECK(sample().render(Format::table, false) == "default  12\ngröße     3\n");
  CHECK(sample().render(Format::wide, true) ==
        "QUEUE    READY  OLDEST AGE\ndefault     12        1.5s\ngröße        3           -\n");
}

TEST_CASE("JSON has all columns, as values") {
  CHECK(sample().render(Format::jsonl, true) ==
        "{\"queue\":\"default\",\"ready\":12,\"oldest_age\":1.5}\n"
        "{\"queue\":\"größe\",\"ready\":3,\"oldest_age\":null}\n");
  const auto parsed = nlohmann::json::parse(sample().render(Format::json, true));
  CHECK(parsed.size() == 2);
  CHECK(parsed[0]["ready"] == 12);
}

TEST_CASE("a table without rows is an empty array, no lines, or the headings alone") {
  const Table table{{{.name = "queue"}}};
  CHECK(table.render(Format::json, true) == "[]\n");
  CHECK(table.render(Format::jsonl, true).empty());
  CHECK(table.render(Format::table, true) == "QUEUE\n");
  CHECK(table.render(Format::table, false).empty());
}

TEST_CASE("a name can neither forge lines nor control the terminal, and broken UTF-8 becomes valid JSON") {
  Table table{{{.name = "queue"}}};
  table.add({Cell{"a\nb\x1b[31m\xff"}});
  CHECK(table.render(Format::table, false) == "a\\nb\\x1b[31m\\xff\n");
  CHECK(nlohmann::json::parse(table.render(Format::jsonl, true))["queue"] == "a\nb\x1b[31m\xEF\xBF\xBD");
}

TEST_CASE("formats are read by name") {
  CHECK(parse_format("table") == Format::table);
  CHECK(parse_format("wide") == Format::wide);
  CHECK(parse_format("json") == Format::json);
  CHECK(parse_format("jsonl") == Format::jsonl);
  CHECK(!parse_format("yaml"));
}

}  // namespace
}  // namespace forkmill::cli::table_test
