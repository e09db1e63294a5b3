// Spans: which spans of task numbers have tables, and about how many tasks are left in each. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace forkmill::broker {

class Spans {
 public:
  using Map = std::map<std::uint64_t, std::int64_t>;  // the tasks that are left, as far as that is known

  bool has(std::uint64_t span) const { return spans_.contains(span); }
  void add(std::uint64_t span) { spans_.try_emplace(span, 0); }
  void remove(std::uint64_t span) { spans_.erase(span); }
  // Tasks were put into a span, or removed from it. REQUIRES: has(span).
  void change(std::uint64_t span, std::int64_t tasks) { spans_.at(span) += tasks; }

  const Map& all() const { return spans_; }
  // Returns a span that seems to be empty and will get no more tasks.
  std::optional<std::uint64_t> emptied() const {
    for (const auto& [span, tasks] : spans_)
      if (tasks <= 0 && span != spans_.rbegin()->first) return span;
    return std::nullopt;
  }

 private:
  Map spans_;
};

// Replaces each "TASK", "OUTCOME" and "PROGRESSION" in `sql` by the table of a span.
std::string for_span(std::string sql, std::uint64_t span);

}  // namespace forkmill::broker
