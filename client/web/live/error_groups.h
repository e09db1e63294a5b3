// ErrorGroups: the tasks that have failed last, grouped by the fingerprint of their errors. An answer is kept for
// kFresh, so that many open pages cost the broker little. The broker looks at a bounded number of tasks for each
// question, so that few failed tasks among many others take many questions: each call asks some of them only, and the
// next call goes on. Thread-safe.
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
  static constexpr int kMinQuestions = 2;         // that one call asks, if it is not enough to ask one
  static constexpr std::chrono::milliseconds kPatience{100};
  static constexpr std::size_t kMaxGroups = 200;

  // patience: how long one call goes on with further questions.
  explicit ErrorGroups(Ask ask, std::chrono::milliseconds patience = kPatience)
      : ask_{std::move(ask)}, patience_{patience} {}

  // Returns {"groups": [{fingerprint, name, code, type, message, count, first_at_ms, last_at_ms, queues, last_id}],
  // "tasks", "more", "searching"}: the groups with the most tasks first; `tasks`: how many were looked at; `more`:
  // there are older ones, or may be; `searching`: no search has come to its end, and later calls will know of more
  // tasks. Later searches add what they find to the tasks of the one before, until they come to their end. `now`: of a
  // steady clock. Blocks and throws as `ask` does.
  Json groups(std::chrono::steady_clock::time_point now);

 private:
  // A search that is under way. One that fails goes on with the next call.
  struct Search {
    Json rows = Json::array();
    std::uint64_t before = 0;
    bool is_over = false;
  };
  void go_on();
  Json rows() const;
  Json answer() const;

  Ask ask_;
  std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point fresh_until_{};
  Search search_{};
  Search last_{};  // the latest search that came to its end, if one has
  Json answer_{};
};

// The groups of these rows of QUERY tasks. Pure.
nlohmann::ordered_json groups_of_errors(const nlohmann::ordered_json& rows);

}  // namespace forkmill::web
