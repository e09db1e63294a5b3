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
  if (now < fresh_until_) return answer_;
  go_on();
  answer_ = answer();
  if (search_.is_over) {
    fresh_until_ = now + kFresh;
    last_ = std::exchange(search_, {});
  }
  return answer_;
}

void ErrorGroups::go_on() {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + patience_;
  for (int asked = 0; !search_.is_over && (asked < kMinQuestions || Clock::now() < end); ++asked) {
    const auto page = ask_(search_.before);
    for (const auto& row : cli::value_of(page, "tasks")) search_.rows.push_back(row);
    search_.before = page.value("next", std::uint64_t{0});
    search_.is_over = search_.before == 0 || search_.rows.size() >= kMaxTasks;
  }
}

// The tasks that the search has found, and, before its end, those of the last one that it may not have come to yet.
Json ErrorGroups::rows() const {
  auto all = search_.rows;
  if (search_.is_over) return all;
  std::set<std::string> ids;
  for (const auto& row : all) ids.insert(cli::text_of(row, "id"));
  for (const auto& row : last_.rows)
    if (all.size() < kMaxTasks && !ids.contains(cli::text_of(row, "id"))) all.push_back(row);
  return all;
}

Json ErrorGroups::answer() const {
  const auto tasks = rows();
  const Search& latest = last_.is_over && !search_.is_over ? last_ : search_;
  return {{"groups", groups_of_errors(tasks)},
          {"tasks", tasks.size()},
          {"more", latest.before != 0},
          {"searching", !latest.is_over}};
}

}  // namespace forkmill::web
