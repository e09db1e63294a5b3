// UnsafeSubmissions: tasks that were submitted and are not safe yet, because their commit is not. Until then they count
// towards a window. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "proto/ids.h"

namespace forkmill::broker {

class UnsafeSubmissions {
 public:
  // Call when a task with that many bytes of arguments goes to the store with `commit`, which does not decrease.
  void add(proto::CommitSeq commit, std::size_t bytes) {
    if (waiting_.empty() || waiting_.back().commit != commit) waiting_.push_back({commit, 0, 0});
    ++waiting_.back().tasks;
    waiting_.back().bytes += bytes;
    ++tasks_;
    bytes_ += bytes;
  }
  // Call when all commits up to `safe` are safe.
  void settle(proto::CommitSeq safe) {
    for (; !waiting_.empty() && waiting_.front().commit <= safe; waiting_.pop_front()) {
      tasks_ -= waiting_.front().tasks;
      bytes_ -= waiting_.front().bytes;
    }
  }

  std::size_t tasks() const { return tasks_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Commit {
    proto::CommitSeq commit;
    std::size_t tasks = 0;
    std::uint64_t bytes = 0;
  };

  std::deque<Commit> waiting_;
  std::size_t tasks_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace forkmill::broker
