#include "client/web/live/error_groups.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

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

TEST_CASE("few failed tasks among many others are found by several calls, none of which asks for long") {
  constexpr std::uint64_t kPages = 5;
  std::vector<std::uint64_t> asked;
  bool is_away = false;
  ErrorGroups errors{[&](std::uint64_t before) {
                       if (is_away) throw std::runtime_error{"there is no broker"};
                       asked.push_back(before);
                       const std::uint64_t page = before == 0 ? 1 : before;
                       return Json{{"tasks", Json::array({row(static_cast<int>(page), "t", "broken")})},
                                   {"next", page == kPages ? 0 : page + 1}};
                     },
                     std::chrono::milliseconds{0}};
  const auto now = Clock::now();
  const auto first = errors.groups(now);
  CHECK(first.at("searching") == true);
  CHECK(first.at("tasks") == ErrorGroups::kMinQuestions);
  is_away = true;
  CHECK_THROWS_AS(errors.groups(now), std::runtime_error);
  is_away = false;
  CHECK(errors.groups(now).at("tasks") == 2 * ErrorGroups::kMinQuestions);
  const auto last = errors.groups(now);
  CHECK(last.at("searching") == false);
  CHECK(last.at("more") == false);
  CHECK(last.at("groups")[0].at("count") == kPages);
  CHECK(asked == std::vector<std::uint64_t>{0, 2, 3, 4, 5});
  // While the next search is under way, the tasks that it has not come to are those of the one before.
  const auto later = now + ErrorGroups::kFresh;
  CHECK(errors.groups(later) == last);
  CHECK(errors.groups(later) == last);
  CHECK(asked.size() == kPages + 2 * ErrorGroups::kMinQuestions);
}

}  // namespace
}  // namespace forkmill::web::error_groups_test
