// SubmissionQueue: submissions in their order, in one array whose memory serves the next ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "proto/wire/messages.h"

namespace forkmill::client {

class SubmissionQueue {
 public:
  bool empty() const { return first_ == tasks_.size(); }
  std::size_t size() const { return tasks_.size() - first_; }
  proto::Submission& front() { return tasks_[first_]; }
  void push_back(proto::Submission&& task) {
    const bool full = tasks_.size() == tasks_.capacity();
    if (full && first_ >= tasks_.size() / 2) remove_popped();
    tasks_.push_back(std::move(task));
  }
  // Puts all of them before the present ones.
  void push_front(std::vector<proto::Submission>&& tasks) {
    std::move(tasks_.begin() + static_cast<std::ptrdiff_t>(first_), tasks_.end(), std::back_inserter(tasks));
    tasks_ = std::move(tasks);
    first_ = 0;
  }
  // Precondition: the first one was moved out of front().
  void pop_front() {
    if (++first_ == tasks_.size()) clear();
  }
  template <class Predicate>
  void erase_if(Predicate matches) {
    remove_popped();
    std::erase_if(tasks_, matches);
  }
  void clear() {
    constexpr std::size_t kKept = 4096;  // submissions
    tasks_.clear();
    first_ = 0;
    if (tasks_.capacity() > kKept) tasks_.shrink_to_fit();
  }

 private:
  void remove_popped() {
    tasks_.erase(tasks_.begin(), tasks_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

  std::vector<proto::Submission> tasks_;
  std::size_t first_ = 0;  // the earlier ones were popped
};

}  // namespace forkmill::client
