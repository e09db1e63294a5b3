#include "client/cli/report/figures.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "client/cli/text/fingerprint.h"

namespace forkmill::cli {

namespace {

std::optional<double> seconds_between(std::int64_t from_ms, std::int64_t to_ms) {
  if (from_ms <= 0 || to_ms < from_ms) return std::nullopt;
  return static_cast<double>(to_ms - from_ms) / 1000;
}

bool has_failed(const TaskFacts& task) {
  return task.state == "failed" || task.state == "cancelled" || task.state == "expired";
}

// The value below which the share `part` of the sorted values lies.
double quantile(const std::vector<double>& sorted, double part) {
  const auto rank = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
  return sorted[std::min(rank, sorted.size() - 1)];
}

}  // namespace

std::optional<double> TaskFacts::run_seconds() const {
  return has_run() ? seconds_between(started_ms, finished_ms) : std::nullopt;
}

std::optional<double> TaskFacts::wait_seconds() const { return seconds_between(submitted_ms, started_ms); }

Spread spread_of(std::vector<double> seconds) {
  if (seconds.empty()) return {};
  std::sort(seconds.begin(), seconds.end());
  return {.count = seconds.size(),
          .median = quantile(seconds, 0.5),
          .p95 = quantile(seconds, 0.95),
          .p99 = quantile(seconds, 0.99),
          .longest = seconds.back(),
          .sum = std::accumulate(seconds.begin(), seconds.end(), 0.0)};
}

std::vector<NameFigures> by_name(const std::vector<TaskFacts>& tasks) {
  struct Times {
    std::vector<double> waited{};
    std::vector<double> ran{};
  };
  std::map<std::string, std::pair<NameFigures, Times>> names;
  for (const auto& task : tasks) {
    auto& [figures, times] = names[task.name];
    if (task.finished_ms == 0) continue;
    ++figures.ended;
    figures.failed += has_failed(task) ? 1 : 0;
    figures.retried += task.attempts > 1 ? 1 : 0;
    if (const auto waited = task.wait_seconds()) times.waited.push_back(*waited);
    if (const auto ran = task.run_seconds()) times.ran.push_back(*ran);
  }
  std::vector<NameFigures> list;
  for (auto& [name, entry] : names) {
    auto& [figures, times] = entry;
    figures.name = name;
    figures.waited = spread_of(std::move(times.waited));
    figures.ran = spread_of(std::move(times.ran));
    list.push_back(std::move(figures));
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const NameFigures& a, const NameFigures& b) { return a.ran.sum > b.ran.sum; });
  return list;
}

std::vector<ErrorFigures> by_error(const std::vector<TaskFacts>& tasks) {
  std::map<std::pair<std::string, std::string>, ErrorFigures> errors;
  for (const auto& task : tasks) {
    if (task.state != "failed") continue;
    auto pattern = pattern_of(task.error);
    auto& figures = errors[{task.name, pattern}];
    if (figures.count++ == 0)
      figures = {.name = task.name, .pattern = std::move(pattern), .count = 1, .last_id = task.id};
  }
  std::vector<ErrorFigures> list;
  list.reserve(errors.size());
  for (auto& [key, figures] : errors) list.push_back(std::move(figures));
  std::stable_sort(list.begin(), list.end(),
                   [](const ErrorFigures& a, const ErrorFigures& b) { return a.count > b.count; });
  return list;
}

Ends ends_over(const std::vector<TaskFacts>& tasks, std::int64_t from_ms, std::int64_t to_ms, std::size_t slots) {
  Ends ends{std::vector<std::size_t>(slots), std::vector<std::size_t>(slots)};
  const auto whole = std::max<std::int64_t>(to_ms - from_ms, 1);
  for (const auto& task : tasks) {
    if (task.finished_ms < from_ms || task.finished_ms > to_ms) continue;
    const auto slot = static_cast<std::size_t>((task.finished_ms - from_ms) * static_cast<std::int64_t>(slots) / whole);
    ++(has_failed(task) ? ends.failed : ends.succeeded)[std::min(slot, slots - 1)];
  }
  return ends;
}

std::vector<Line> lines_of(const std::vector<TaskFacts>& tasks, std::size_t most) {
  std::vector<const TaskFacts*> by_start;
  for (const auto& task : tasks) {
    if (task.has_run()) by_start.push_back(&task);
  }
  std::stable_sort(by_start.begin(), by_start.end(),
                   [](const TaskFacts* a, const TaskFacts* b) { return a->started_ms < b->started_ms; });
  std::map<std::string, std::vector<Line>> workers;
  std::size_t count = 0;
  for (const auto* task : by_start) {
    auto& lines = workers[task->worker];
    const auto is_free = [&](const Line& line) { return line.tasks.back()->finished_ms <= task->started_ms; };
    auto line = std::find_if(lines.begin(), lines.end(), is_free);
    if (line == lines.end()) {
      if (count == most) continue;
      ++count;
      line = lines.insert(lines.end(), Line{.worker = task->worker});
    }
    line->tasks.push_back(task);
  }
  std::vector<Line> all;
  for (auto& [worker, lines] : workers) std::move(lines.begin(), lines.end(), std::back_inserter(all));
  return all;
}

}  // namespace forkmill::cli
