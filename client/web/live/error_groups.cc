#include "client/web/live/error_groups.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "client/cli/text/answers.h"
#include "client/cli/text/fingerprint.h"

namespace forkmill::web {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t kMaxQueues = 5;  // named in one group

struct Group {
  Json newest;  // its row
  std::string pattern;
  std::int64_t count = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::set<std::string> queues{};

  void add(const Json& row) {
    const auto at = cli::number_of(row, "finished_at_ms");
    first_ms = count == 0 ? at : std::min(first_ms, at);
    if (count++ == 0 || at > last_ms) {
      last_ms = at;
      newest = row;
    }
    if (queues.size() < kMaxQueues) queues.insert(cli::text_of(row, "queue"));
  }
  Json json(const std::string& print) const {
    return {{"fingerprint", print},
            {"name", cli::text_of(newest, "name")},
            {"code", cli::text_of(newest, "code")},
            {"type", cli::text_of(newest, "type")},
            {"message", pattern},
            {"count", count},
            {"first_at_ms", first_ms},
            {"last_at_ms", last_ms},
            {"queues", queues},
            {"last_id", cli::text_of(newest, "id")}};
  }
};

}  // namespace

Json groups_of_errors(const Json& rows) {
  std::map<std::string, Group> groups;
  for (const auto& row : rows) {
    const auto type = cli::text_of(row, "type");
    const auto pattern = cli::pattern_of(cli::text_of(row, "message"));
    const auto print =
        cli::fingerprint(cli::text_of(row, "name"), type.empty() ? cli::text_of(row, "code") : type, pattern);
    auto& group = groups[print];
    group.pattern = pattern;
    group.add(row);
  }
  std::vector<std::pair<std::string, const Group*>> sorted;
  sorted.reserve(groups.size());
  for (const auto& [print, group] : groups) sorted.emplace_back(print, &group);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::pair{a.second->count, a.second->last_ms} > std::pair{b.second->count, b.second->last_ms};
  });
  auto list = Json::array();
  for (const auto& [print, group] : sorted) {
    if (list.size() < ErrorGroups::kMaxGroups) list.push_back(group->json(print));
  }
  return list;
}

Json ErrorGroups::groups(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock{mutex_};
  if (answer_.is_null() || now >= fresh_until_) {
    answer_ = asked();
    fresh_until_ = now + kFresh;
  }
  return answer_;
}

Json ErrorGroups::asked() const {
  auto rows = Json::array();
  std::uint64_t before = 0;
  do {
    const auto page = ask_(before);
    for (const auto& row : cli::value_of(page, "tasks")) rows.push_back(row);
    before = page.value("next", std::uint64_t{0});
  } while (before != 0 && rows.size() < kMaxTasks);
  return {{"groups", groups_of_errors(rows)}, {"tasks", rows.size()}, {"more", before != 0}};
}

}  // namespace forkmill::web
