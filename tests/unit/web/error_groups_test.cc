#include "client/web/live/error_groups.h"

#include <doctest/doctest.h>

namespace forkmill::web::error_groups_test {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

Json row(int at, const char* name, const std::string& message, const char* queue = "q") {
  return {{"id", "id" + std::to_string(at)},
          {"queue", queue},
          {"name", name},
          {"finished_at_ms", at},
          {"code", "handler_error"},
          {"type", "std::runtime_error"},
          {"message", message}};
}

TEST_CASE("tasks with errors of one fingerprint are one group, the largest group first") {
  const auto groups = groups_of_errors(Json::array(
      {row(5, "one", "page 1 is damaged"), row(9, "two", "no"), row(7, "one", "page 22 is damaged", "other")}));
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].at("message") == "page <n> is damaged");
  CHECK(groups[0].at("count") == 2);
  CHECK(groups[0].at("first_at_ms") == 5);
  CHECK(groups[0].at("last_at_ms") == 7);
  CHECK(groups[0].at("last_id") == "id7");
  CHECK(groups[0].at("queues") == Json::array({"other", "q"}));
  CHECK(groups[1].at("name") == "two");
}

TEST_CASE("the broker is asked for a bounded number of tasks, and not again while the answer is fresh") {
  int asked = 0;
  ErrorGroups errors{[&](std::uint64_t before) {
    ++asked;
    auto rows = Json::array();
    for (int i = 0; i < 1000; ++i) rows.push_back(row(i, "t", "broken"));
    return Json{{"tasks", rows}, {"next", before + 1}};
  }};
  const auto now = Clock::now();
  const auto answer = errors.groups(now);
  CHECK(answer.at("tasks") == ErrorGroups::kMaxTasks);
  CHECK(answer.at("more") == true);
  CHECK(answer.at("groups")[0].at("count") == ErrorGroups::kMaxTasks);
  CHECK(asked == 2);
  errors.groups(now + ErrorGroups::kFresh / 2);
  CHECK(asked == 2);
  errors.groups(now + ErrorGroups::kFresh);
  CHECK(asked == 4);
}

}  // namespace
}  // namespace forkmill::web::error_groups_test
