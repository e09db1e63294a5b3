// ChunkOrder: the chunks of a stream, and which of them is next: in the order of their submission, or of their
// completion.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "client/pool/outstanding.h"

namespace forkmill::detail {

class ChunkOrder {
 public:
  explicit ChunkOrder(bool ordered) : ordered_{ordered} {}

  // Returns the index of the chunk.
  std::size_t add(Chunk chunk) {
    chunks_.push_back(std::move(chunk));
    done_.push_back(0);
    return chunks_.size() - 1;
  }
  void set_done(std::size_t index) {
    done_[index] = 1;
    ++done_count_;
    arrived_.push_back(index);
  }
  bool all_done() const { return done_count_ == chunks_.size(); }
  bool all_popped() const { return popped_ == chunks_.size(); }
  std::vector<Chunk> undone() const {
    std::vector<Chunk> rest;
    for (std::size_t i = 0; i < chunks_.size(); ++i)
      if (done_[i] == 0) rest.push_back(chunks_[i]);
    return rest;
  }

  // Removes the next chunk, if it is done. Null: it is not.
  Chunk pop() {
    std::size_t index = popped_;
    if (ordered_) {
      if (index >= chunks_.size() || done_[index] == 0) return {};
    } else {
      if (arrived_.empty()) return {};
      index = arrived_.front();
      arrived_.pop_front();
    }
    ++popped_;
    return std::exchange(chunks_[index], Chunk{});
  }

 private:
  const bool ordered_;
  std::vector<Chunk> chunks_;
  std::vector<char> done_;
  std::size_t done_count_ = 0;
  std::deque<std::size_t> arrived_;  // in the order of their completion
  std::size_t popped_ = 0;
};

}  // namespace forkmill::detail
