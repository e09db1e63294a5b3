// Spans: which spans of task numbers have tables, about how many tasks are left in each, and whether any of them may
// have a progression. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace forkmill::broker {

class Spans {
 public:
  struct Span {
    std::int64_t tasks = 0;  // that are left, as far as that is known
    bool has_progressions = true;
  };
  using Map = std::map<std::uint64_t, Span>;

  bool has(std::uint64_t span) const { return spans_.contains(span); }
  void add(std::uint64_t span, bool has_progressions) { spans_.try_emplace(span, Span{0, has_progressions}); }
  void remove(std::uint64_t span) { spans_.erase(span); }
  // Tasks were put into a span, or removed from it. REQUIRES: has(span), as of the functions below.
  void change(std::uint64_t span, std::int64_t tasks) { spans_.at(span).tasks += tasks; }
  bool has_progressions(std::uint64_t span) const { return spans_.at(span).has_progressions; }
  void note_progressions(std::uint64_t span) { spans_.at(span).has_progressions = true; }
  // All tasks of the span were read, and none has a progression.
  void note_no_progressions(std::uint64_t span) { spans_.at(span).has_progressions = false; }

  const Map& all() const { return spans_; }
  // Returns a span that seems to be empty and will get no more tasks.
  std::optional<std::uint64_t> emptied() const {
    for (const auto& [number, span] : spans_)
      if (span.tasks <= 0 && number != spans_.rbegin()->first) return number;
    return std::nullopt;
  }

 private:
  Map spans_;
};

// SpanName: a span of a shard.
struct SpanName {
  std::uint64_t shard = 1;
  std::uint64_t span = 0;
};

// Replaces each "TASK", "OUTCOME" and "PROGRESSION" in `sql` by the table of a span.
std::string for_span(std::string sql, const SpanName& name);

}  // namespace forkmill::broker
