// RequestQueue: requests in the order in which they were made. Submissions, of which there are most by far, lie apart
// from the others, which take many times their memory. Not thread-safe.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "client/session/requests.h"

namespace forkmill::client {

class RequestQueue {
 public:
  void add(SubmitTask&& submit) { tasks_.push_back(std::move(submit)); }
  void add(Request&& request) { others_.push_back({tasks_.size(), std::move(request)}); }

  // Calls f with each SubmitTask and each other Request, as rvalues, in their order.
  template <class F>
  void for_each(F&& f);
  std::size_t size() const { return tasks_.size() + others_.size(); }
  // Keeps the memory.
  void clear() {
    tasks_.clear();
    others_.clear();
  }
  void swap(RequestQueue& other) noexcept {
    tasks_.swap(other.tasks_);
    others_.swap(other.others_);
  }

 private:
  struct Other {
    std::size_t place;  // number of the submissions that come before it
    Request request;
  };

  std::vector<SubmitTask> tasks_;
  std::vector<Other> others_;
};

template <class F>
void RequestQueue::for_each(F&& f) {
  std::size_t done = 0;
  const auto submit_until = [&](std::size_t end) {
    for (; done < end; ++done) f(std::move(tasks_[done]));
  };
  for (auto& other : others_) {
    submit_until(other.place);
    f(std::move(other.request));
  }
  submit_until(tasks_.size());
}

}  // namespace forkmill::client
