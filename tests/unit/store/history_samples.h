// Finished tasks for tests of the history.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/store/history/history_keeper.h"
#include "broker/store/requests.h"

namespace forkmill::broker::test {

using namespace std::chrono_literals;

inline TaskId finished_id(std::uint64_t n) { return TaskId::make(1'700'000'000'000 + n, n >> 32, n); }

// Task n ended at n seconds.
inline FinishedTask finished(std::uint64_t n, std::string queue = "default") {
  auto spec = std::make_shared<TaskSpec>();
  spec->queue = std::move(queue);
  spec->name = "t.echo";
  spec->principal = "alice";
  FinishedTask task;
  task.id = finished_id(n);
  task.spec = std::move(spec);
  task.outcome.attempt = proto::Attempt{1};
  task.outcome.worker = "worker";
  task.outcome.run_us = 5;
  task.submitted_at = milliseconds{n * 1000 - 500};
  task.finished_at = milliseconds{n * 1000};
  return task;
}

inline std::vector<FinishedTask> finished_range(std::uint64_t from, std::uint64_t to) {
  std::vector<FinishedTask> tasks;
  for (std::uint64_t n = from; n <= to; ++n) tasks.push_back(finished(n));
  return tasks;
}

inline HistoryRequest scan_of(std::size_t most, proto::TaskSeq before = {}, std::size_t most_visited = 1'000'000) {
  HistoryScan scan;
  scan.before = before;
  scan.most = most;
  scan.most_visited = most_visited;
  scan.passes = [](const FinishedTask&) { return true; };
  return {scan};
}

inline HistoryRequest find_of(std::string prefix) {
  return {HistoryFind{std::move(prefix), 16, [](const FinishedTask&) { return true; }}};
}

inline std::string digits_of_id(const TaskId& id) {
  std::string digits;
  for (const char c : id.to_string())
    if (c != '-') digits += c;
  return digits;
}

}  // namespace forkmill::broker::test
