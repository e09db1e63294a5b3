#include "tests/chaos/results.h"

#include <algorithm>

#include "tests/chaos/journal.h"

namespace forkmill::chaos {

void Results::begin(std::int64_t since) {
  since_ = since;
  tasks_.clear();
  first_.reset();
}

void Results::read(const std::vector<std::string>& paths) {
  journals_.read(paths, [this](const std::string& path, std::string_view line) { take(path, line); });
}

// The words of a journal: "TIME S future id task attempts delay …", "TIME T future succeeded …".
void Results::take(const std::string& client, std::string_view line) {
  const auto words = Entry{0, 0, line}.split();
  if (words.size() < 4) return;
  const std::int64_t when = number_in(words[0]);
  if (words[1] == "S" && words.size() > 6 && when >= since_ && words[4] == "short" && words[6] == "0")
    tasks_.try_emplace({client, number_in(words[2])}, Times{when});
  if (words[1] != "T") return;
  const auto found = tasks_.find({client, number_in(words[2])});
  if (found == tasks_.end()) return;
  found->second.ended = when;
  if (words[3] == "succeeded") first_ = std::min(when, first_.value_or(when));
}

std::optional<std::int64_t> Results::all(std::int64_t now) const {
  // A client writes down what it has submitted some milliseconds later.
  constexpr std::int64_t kWritten = 500'000;
  if (!first_ || now < since_ + kEarly + kWritten) return std::nullopt;
  const std::int64_t until = std::max(*first_, since_ + kEarly);
  std::int64_t last = *first_;
  for (const auto& [task, times] : tasks_) {
    if (times.submitted > until) continue;
    if (!times.ended) return std::nullopt;
    last = std::max(last, *times.ended);
  }
  return last;
}

}  // namespace forkmill::chaos
