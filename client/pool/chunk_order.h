// ChunkOrder: the chunks of a stream, and which of them is next: in the order of their submission, or of their
// completion. Keeps those that have not been read only.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "client/pool/outstanding.h"

namespace forkmill::detail {

class ChunkOrder {
 public:
  explicit ChunkOrder(bool ordered) : ordered_{ordered} {}

  // Returns the index of the chunk.
  std::size_t add(Chunk chunk) {
    chunks_.emplace(added_, Place{std::move(chunk), false});
    return added_++;
  }
  void set_done(std::size_t index) {
    chunks_.at(index).done = true;
    ++done_;
    if (!ordered_) arrived_.push_back(index);
  }
  bool all_done() const { return done_ == added_; }
  bool all_popped() const { return chunks_.empty(); }
  // Chunks that are not done; chunks that are, and have not been popped.
  std::size_t under_way() const { return added_ - done_; }
  std::size_t unread() const { return chunks_.size() - under_way(); }
  std::vector<Chunk> undone() const {
    std::vector<Chunk> rest;
    for (const auto& [index, place] : chunks_)
      if (!place.done) rest.push_back(place.chunk);
    return rest;
  }

  // Removes the next chunk, if it is done. Null: it is not.
  Chunk pop() {
    auto next = chunks_.begin();
    if (ordered_) {
      if (next == chunks_.end() || !next->second.done) return {};
    } else {
      if (arrived_.empty()) return {};
      next = chunks_.find(arrived_.front());
      arrived_.pop_front();
    }
    Chunk chunk = std::move(next->second.chunk);
    chunks_.erase(next);
    return chunk;
  }

 private:
  struct Place {
    Chunk chunk;
    bool done = false;
  };

  const bool ordered_;
  std::map<std::size_t, Place> chunks_;  // by index
  std::deque<std::size_t> arrived_;      // in the order of their completion
  std::size_t added_ = 0;
  std::size_t done_ = 0;
};

}  // namespace forkmill::detail
