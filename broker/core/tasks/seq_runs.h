// SeqRuns: a queue of task numbers, first in, first out. Consecutive numbers take the room of one, so that the
// paged-out part of a long lane costs next to nothing in memory.
#pragma once

#include <cstdint>
#include <deque>

#include "proto/check.h"
#include "proto/ids.h"

namespace forkmill::broker {

class SeqRuns {
 public:
  bool empty() const { return runs_.empty(); }
  std::size_t size() const { return size_; }

  void push_back(proto::TaskSeq seq) {
    ++size_;
    if (!runs_.empty() && runs_.back().first + runs_.back().count == seq.value()) {
      ++runs_.back().count;
    } else {
      runs_.push_back({seq.value(), 1});
    }
  }

  proto::TaskSeq pop_front() {
    FORKMILL_CHECK(!empty());
    --size_;
    Run& run = runs_.front();
    const proto::TaskSeq seq{run.first++};
    if (--run.count == 0) runs_.pop_front();
    return seq;
  }

 private:
  struct Run {
    std::uint64_t first;
    std::uint64_t count;
  };
  std::deque<Run> runs_;
  std::size_t size_ = 0;
};

}  // namespace forkmill::broker
