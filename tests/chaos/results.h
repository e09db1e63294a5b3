// Results: when the first results come of what clients submit after a failover has begun, as their journals tell.
// Counts short tasks without a delay only, whose handlers do nothing.
//
// Threads: used by the ring's own thread. Times are microseconds, as now_us() returns them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/chaos/journal_tail.h"

namespace forkmill::chaos {

class Results {
 public:
  static constexpr std::int64_t kEarly = 500'000;

  // Forgets what was before: what follows is about tasks that are submitted from `since` on.
  void begin(std::int64_t since);
  // Reads on in the journals of clients, with each from where it ended last. A journal that is not there yet is empty.
  void read(const std::vector<std::string>& paths);
  // Takes a line of the journal of a client. read() does that.
  void take(const std::string& client, std::string_view line);

  // When the first of these tasks succeeded; none: that has not happened.
  std::optional<std::int64_t> first() const { return first_; }
  // When the last one ended of those that were submitted before the first result, or within kEarly; none: some still
  // wait, or more may come. With several shards, these are tasks of all shards.
  std::optional<std::int64_t> all(std::int64_t now) const;

 private:
  using Task = std::pair<std::string, std::int64_t>;  // the client, and its number of the future
  struct Times {
    std::int64_t submitted = 0;
    std::optional<std::int64_t> ended{};  // also if it was cancelled
  };

  std::int64_t since_ = 0;
  std::map<Task, Times> tasks_;
  std::optional<std::int64_t> first_;
  JournalTail journals_;
};

}  // namespace forkmill::chaos
