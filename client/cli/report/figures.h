// Figures of a run: what a report computes of the tasks that have ended. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace forkmill::cli {

// One task, or one job of `map`. Times are unix milliseconds; 0: not known, or it has not happened.
struct TaskFacts {
  std::string id{};
  std::string name{};
  std::string queue{};
  std::string command{};  // or label
  std::string state{};    // succeeded, failed, cancelled, expired; others have not ended
  std::string worker{};   // ran the last attempt
  std::string error{};    // its type or code, and message
  std::uint32_t attempts = 0;
  std::int64_t submitted_ms = 0;
  std::int64_t started_ms = 0;  // start of the last attempt
  std::int64_t finished_ms = 0;

  bool has_run() const { return started_ms > 0 && finished_ms >= started_ms; }
  std::optional<double> run_seconds() const;
  std::optional<double> wait_seconds() const;  // from the submission to the start of the last attempt
};

// How long something took: of `count` times, the share that the name says was not longer.
struct Spread {
  std::size_t count = 0;
  double median = 0;
  double p95 = 0;
  double p99 = 0;
  double longest = 0;
  double sum = 0;
};
Spread spread_of(std::vector<double> seconds);

// The tasks of one name.
struct NameFigures {
  std::string name{};
  std::size_t ended = 0;
  std::size_t failed = 0;   // failed, cancelled or expired
  std::size_t retried = 0;  // with more than one attempt
  Spread waited{};
  Spread ran{};
};
// Names that have run longest in all come first.
std::vector<NameFigures> by_name(const std::vector<TaskFacts>& tasks);

// Failed tasks whose errors differ in numbers and ids only.
struct ErrorFigures {
  std::string name{};
  std::string pattern{};
  std::size_t count = 0;
  std::string last_id{};
};
// The most frequent come first.
std::vector<ErrorFigures> by_error(const std::vector<TaskFacts>& tasks);

// How many tasks have ended in each of `slots` equal parts of a time.
struct Ends {
  std::vector<std::size_t> succeeded{};
  std::vector<std::size_t> failed{};
};
Ends ends_over(const std::vector<TaskFacts>& tasks, std::int64_t from_ms, std::int64_t to_ms, std::size_t slots);

// Tasks that a process of a worker has run. The broker does not know which process had a task: the task stands in the
// first line that was free when it started.
struct Line {
  std::string worker{};
  std::vector<const TaskFacts*> tasks{};  // one after the other
};
// At most `most` lines, worker by worker. `tasks` must outlive the lines.
std::vector<Line> lines_of(const std::vector<TaskFacts>& tasks, std::size_t most);

}  // namespace forkmill::cli
