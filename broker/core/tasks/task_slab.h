// TaskSlab: the places of tasks in memory, which never move. They lie in pages, so that a task costs no allocation and
// nothing but its own size; the place of a task that is gone serves the next one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <utility>

#include "broker/core/tasks/task.h"

namespace forkmill::broker {

class TaskSlab {
 public:
  // Returns a task without an id, valid until release().
  Task& allocate() {
    if (free_ != nullptr) {
      Task& task = *free_;
      free_ = std::exchange(task.links.next, nullptr);
      return task;
    }
    if (used_ == kPage) {
      pages_.emplace_back();
      used_ = 0;
    }
    return pages_.back()[used_++];
  }

  // Resets the task: its number becomes 0, by which each TaskRef sees that it is gone.
  void release(Task& task) {
    task = Task{};
    task.links.next = std::exchange(free_, &task);
  }

  // Calls `visitor` with each place that was ever used, also those without a task (number 0).
  template <class F>
  void visit(F&& visitor) const {
    for (std::size_t i = 0; i < pages_.size(); ++i)
      for (std::size_t at = 0; at < (i + 1 == pages_.size() ? used_ : kPage); ++at) visitor(pages_[i][at]);
  }

  // Calls `visitor` with the task of each place from `place` on that has one, `most` places at most, and sets `place`
  // to where to go on. Returns false when it has come to the end.
  template <class F>
  bool visit_some(std::size_t& place, std::size_t most, F&& visitor) {
    const std::size_t places = pages_.empty() ? 0 : (pages_.size() - 1) * kPage + used_;
    for (const std::size_t end = std::min(places, place + most); place < end; ++place)
      if (Task& task = pages_[place / kPage][place % kPage]; task.seq) visitor(task);
    return place < places;
  }

 private:
  static constexpr std::size_t kPage = 64;  // tasks

  std::deque<std::array<Task, kPage>> pages_;
  std::size_t used_ = kPage;  // places of the last page
  Task* free_ = nullptr;      // a list through links.next
};

}  // namespace forkmill::broker
