// SeqRuns: a queue of task numbers, first in, first out. Consecutive numbers take the room of one, so that the
// paged-out part of a long lane costs next to nothing in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/check.h"
#include "proto/ids.h"

namespace forkmill::broker {

class SeqRuns {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void push_back(proto::TaskSeq seq) {
    ++size_;
    if (!runs_.empty() && runs_.back().first + runs_.back().count == seq.value()) {
      ++runs_.back().count;
    } else {
      runs_.push_back({seq.value(), 1});
    }
  }

  // Counts the numbers before `seq`, which is in the queue. Stops at `most` of them.
  std::size_t count_before(proto::TaskSeq seq, std::size_t most) const {
    std::size_t count = 0;
    for (std::size_t i = first_; i < runs_.size() && count < most; ++i) {
      const Run& run = runs_[i];
      const bool is_here = seq.value() >= run.first && seq.value() - run.first < run.count;
      if (is_here) return std::min<std::size_t>(count + (seq.value() - run.first), most);
      count += run.count;
    }
    return std::min(count, most);
  }

  proto::TaskSeq pop_front() {
    FORKMILL_CHECK(!empty());
    --size_;
    Run& run = runs_[first_];
    const proto::TaskSeq seq{run.first++};
    if (--run.count == 0) remove_first_run();
    return seq;
  }

 private:
  struct Run {
    std::uint64_t first;
    std::uint64_t count;
  };
  // Moves the runs that are left to the beginning once there are fewer of them than of those that have been used up.
  void remove_first_run() {
    ++first_;
    if (first_ * 2 < runs_.size()) return;
    runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

  std::vector<Run> runs_;  // unlike a deque, takes no memory while it is empty
  std::size_t first_ = 0;  // place of the first run; those before it are used up
  std::size_t size_ = 0;
};

}  // namespace forkmill::broker
