// TaskDurations: how long tasks wait and run, how their attempts end, and how many there are, by queue and task name,
// for operators.
//
// Clients choose the names, so their number is bounded: the first kMaxSeries pairs of a queue and a name have a series
// of their own, and all others share one. A pair that has not been used for kUnused makes room for another one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/core/tasks/task.h"
#include "proto/histogram.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

using proto::Instant;

struct TaskSeries {
  static constexpr std::size_t kKinds = static_cast<std::size_t>(last_of(proto::OutcomeKind{})) + 1;

  std::string queue;
  std::string task;
  proto::Histogram waited;  // from the time at which it was due to the start of the attempt
  proto::Histogram ran;
  Instant usual_run = proto::kNever;          // run time of the last attempts; kNever: none has ended
  std::array<std::uint64_t, kKinds> ended{};  // attempts, by OutcomeKind
  std::uint64_t submitted = 0;                // tasks
  std::uint64_t retried = 0;                  // attempts that another one follows
  std::uint64_t dead = 0;                     // tasks that have become dead letters
  Instant used{0};

  // Call with the run time of an attempt, as its worker has measured it. A long one counts at once, and is forgotten
  // over some dozens of shorter ones.
  void note_run(Instant time) {
    constexpr std::int64_t kWeight = 16;
    const bool rises = usual_run == proto::kNever || time >= usual_run;
    usual_run = rises ? time : usual_run - Instant{((usual_run - time).count() + kWeight - 1) / kWeight};
  }
};

class TaskDurations {
 public:
  static constexpr std::size_t kMaxSeries = 100;
  static constexpr Instant kUnused = std::chrono::minutes{10};
  static constexpr const char* kOthers = "(others)";  // queue and task of the shared series

  TaskDurations() { others_.queue = others_.task = kOthers; }
  TaskDurations(const TaskDurations&) = delete;
  TaskDurations& operator=(const TaskDurations&) = delete;

  // Returns the series of the tasks with this spec, for a change at once.
  TaskSeries& of(const CommonRef& spec, Instant now) {
    SeriesPlace& place = spec.series_place();
    // Pairs that share a series may get their own after a while.
    const bool holds = place.generation == generation_ && (place.series != &others_ || now < next_look_);
    if (!holds) place = {&find_or_make(*spec, now), generation_};
    place.series->used = now;
    return *place.series;
  }

  // Calls `visitor` with each series that was used, in the order of their names, the shared one last.
  template <class Visitor>
  void visit(Visitor&& visitor) const {
    for (const TaskSeries* series : in_order()) visitor(*series);
    if (others_.used.count() > 0) visitor(others_);
  }

 private:
  // Views of the names in a series, or in a spec that is looked for.
  struct Names {
    std::string_view queue;
    std::string_view task;
    friend bool operator==(const Names&, const Names&) = default;
  };
  struct HashOfNames {
    std::size_t operator()(const Names& names) const noexcept {
      const std::hash<std::string_view> hash;
      return 31 * hash(names.queue) + hash(names.task);
    }
  };

  TaskSeries& find_or_make(const proto::TaskSpec& spec, Instant now);
  bool make_room(Instant now);
  std::vector<const TaskSeries*> in_order() const;

  std::unordered_map<Names, std::unique_ptr<TaskSeries>, HashOfNames> by_name_;  // keys are views of their series
  TaskSeries others_{};
  Instant next_look_{0};          // for series that have not been used
  std::uint64_t generation_ = 1;  // rises when series are dropped: what specs know of theirs holds no longer
};

}  // namespace forkmill::broker
