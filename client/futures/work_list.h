// WorkList: the work that an executor has been given and has not run yet. Not thread-safe: the executor's lock covers
// it.
#pragma once

#include <forkmill/executor.h>

#include <utility>

namespace forkmill::client {

// Work in the order of its arrival, linked through the work itself.
class WorkList {
 public:
  WorkList() = default;
  WorkList(const WorkList&) = delete;
  WorkList& operator=(const WorkList&) = delete;
  ~WorkList() {
    while (auto work = pop()) continue;  // drops it, which abandons it
  }
  void push(Work work) noexcept {
    auto* last = work.release();
    if (last == nullptr) return;
    last->next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = last;
    last_ = last;
  }
  Work pop() noexcept {
    auto* first = first_;
    if (first != nullptr) first_ = first->next;
    return Work{first};
  }
  bool empty() const noexcept { return first_ == nullptr; }
  void swap(WorkList& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
  }

 private:
  detail::Runnable* first_ = nullptr;
  detail::Runnable* last_ = nullptr;
};

}  // namespace forkmill::client
