// Logs of tasks, as `task logs` prints them.
#include <doctest/doctest.h>

#include "client/cli/views/logs.h"

namespace log_views_test {

using namespace forkmill::cli;

namespace {

Json page(std::uint64_t from, std::uint64_t next, Json texts) {
  return {{"attempt", 2}, {"from", from}, {"next", next}, {"texts", std::move(texts)}};
}
Json text(std::uint64_t position, const char* source, const std::string& text, int level = 0) {
  return {{"position", position}, {"source", source}, {"level", level}, {"at_ms", 5}, {"text", text}};
}

}  // namespace

TEST_CASE("a log shows output as it is, lines with their level, and what is missing") {
  LogView view{Format::table};
  CHECK(view.render(page(
            0, 20, Json::array({text(0, "stdout", "half"), text(4, "log", "low", 2), text(17, "stderr", "end")}))) ==
        "half\n[warning] low\n[10 bytes missing]\nend");
  CHECK(view.render(page(20, 25, Json::array())) == "\n[5 bytes missing]\n");
  CHECK(view.finish().empty());
}

TEST_CASE("a character that a page cuts is shown whole") {
  LogView view{Format::table};
  CHECK(view.render(page(0, 2, Json::array({text(0, "stdout", "a\xc3")}))) == "a");
  CHECK(view.render(page(2, 4,
                         Json::array({text(2, "stdout",
                                           "\xa4"
                                           "b")}))) ==
        "\xc3\xa4"
        "b");
  CHECK(view.finish() == "\n");
}

TEST_CASE("a log as JSON has a row for each text") {
  LogView view{Format::jsonl};
  CHECK(view.render(page(0, 4, Json::array({text(3, "log", "x", 3)}))) ==
        R"({"attempt":2,"position":3,"source":"log","level":"error","at_ms":5,"missing":3,"text":"x"})"
        "\n");
}

TEST_CASE("a log without texts says why") {
  const auto empty = [](unsigned attempt, unsigned last, unsigned log_bytes) {
    return why_no_log({{"attempt", attempt}, {"last_attempt", last}, {"log_bytes", log_bytes}});
  };
  CHECK(empty(0, 0, 65536) == "the task has not started yet");
  CHECK(why_no_log({{"attempt", 0}, {"last_attempt", 0}, {"task_ended", true}}) == "the task never started");
  CHECK(empty(9, 2, 65536) == "the task has had no attempt 9");
  CHECK(empty(1, 1, 0) == "the queue keeps no logs (log_bytes is 0)");
  CHECK(empty(1, 1, 65536) == "the attempt has printed nothing, or its log is no longer kept");
}

}  // namespace log_views_test
