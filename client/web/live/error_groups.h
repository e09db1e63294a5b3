// ErrorGroups: the tasks that have failed last, grouped by the fingerprint of their errors. An answer is kept for
// kFresh, so that many open pages cost the broker little. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace forkmill::web {

class ErrorGroups {
 public:
  using Json = nlohmann::ordered_json;
  // Returns the page of failed tasks before the seq `before`, the newest first, as QUERY tasks answers. 0: the first.
  using Ask = std::function<Json(std::uint64_t before)>;

  static constexpr std::chrono::seconds kFresh{5};
  static constexpr std::size_t kMaxTasks = 2000;  // that are looked at
  static constexpr std::size_t kMaxGroups = 200;

  explicit ErrorGroups(Ask ask) : ask_{std::move(ask)} {}

  // Returns {"groups": [{fingerprint, name, code, type, message, count, first_at_ms, last_at_ms, queues, last_id}],
  // "tasks", "more"}: the groups with the most tasks first; `tasks`: how many were looked at; `more`: there are older
  // ones. `now`: of a steady clock. Blocks and throws as `ask` does.
  Json groups(std::chrono::steady_clock::time_point now);

 private:
  Json asked() const;

  Ask ask_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point fresh_until_{};
  Json answer_{};
};

// The groups of these rows of QUERY tasks. Pure.
nlohmann::ordered_json groups_of_errors(const nlohmann::ordered_json& rows);

}  // namespace forkmill::web
