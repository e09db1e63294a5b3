// ChunkOrder: the chunks of a stream, and which of them is read next: in the order of their items, or of their
// completion. Keeps those that have not been read only. A chunk is known by the number of its first item.
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

  void add(std::size_t first, Chunk chunk) {
    chunks_.emplace(first, Place{std::move(chunk), 0});
    ++under_way_;
  }
  // Call when the chunk is done, with outcomes of this number of items.
  void set_done(std::size_t first, std::size_t items) {
    chunks_.at(first).items = items;
    --under_way_;
    if (!ordered_) arrived_.push_back(first);
  }
  // Call when the chunk has no outcome; its items are added once more, in other chunks.
  void remove(std::size_t first) {
    chunks_.erase(first);
    --under_way_;
  }
  Chunk at(std::size_t first) const { return chunks_.at(first).chunk; }
  bool all_popped() const { return chunks_.empty(); }
  // Chunks that are not done; chunks that are, and have not been popped.
  std::size_t under_way() const { return under_way_; }
  std::size_t unread() const { return chunks_.size() - under_way_; }
  std::vector<Chunk> undone() const {
    std::vector<Chunk> rest;
    for (const auto& [first, place] : chunks_)
      if (!place.is_done()) rest.push_back(place.chunk);
    return rest;
  }

  // Removes the next chunk, if it is done. Null: it is not. Sets the number of its items.
  Chunk pop(std::size_t& items) {
    auto next = chunks_.begin();
    if (ordered_) {
      if (next == chunks_.end() || next->first != next_ || !next->second.is_done()) return {};
    } else {
      if (arrived_.empty()) return {};
      next = chunks_.find(arrived_.front());
      arrived_.pop_front();
    }
    Chunk chunk = std::move(next->second.chunk);
    items = next->second.items;
    next_ += items;
    chunks_.erase(next);
    return chunk;
  }

 private:
  struct Place {
    Chunk chunk;
    std::size_t items = 0;  // with an outcome; 0: it is not done

    bool is_done() const { return items > 0; }
  };

  const bool ordered_;
  std::map<std::size_t, Place> chunks_;  // by first item
  std::deque<std::size_t> arrived_;      // in the order of their completion
  std::size_t next_ = 0;                 // the item that is read next, if ordered
  std::size_t under_way_ = 0;
};

}  // namespace forkmill::detail
