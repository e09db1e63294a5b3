// StreamChunks: the items of a stream from the moment when they are to be sent until their outcomes are read. Not
// thread-safe.
//
//     begin() ──▶ to be sent ──sent()──▶ under way ──done()──▶ unread ──pop()──▶
//                     ▲                      │ not begun, or their process died
//                     └───next_returned()────┘
#pragma once

#include <forkmill/detail/packed_items.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "client/pool/chunk_order.h"
#include "client/pool/plan/map_plan.h"

namespace forkmill::detail {

// The items of one chunk.
struct StreamItems {
  std::size_t first = 0;  // number of the first one in the stream
  Span span;              // place among the packed ones
  std::shared_ptr<const PackedItems> packed;
  bool once = false;  // the chunk has an outcome for all items, so that none is sent again
};

class StreamChunks {
 public:
  StreamChunks(bool ordered, std::size_t processes, const ChunkSizer& sizer)
      : order_{ordered}, processes_{processes}, sizer_{sizer} {}

  // The size of the next chunk, unless sizes are fixed, if `left` items are still to be read.
  std::size_t next_size(std::size_t left) const { return sizer_.next(left, processes_); }
  ChunkSizer::Time item_cost() const { return sizer_.cost(); }
  // Items that have been read, which are to be sent in one chunk. One of the next two follows.
  StreamItems begin(PackedItems items, bool once);
  void sent(const StreamItems& items, Chunk chunk);
  void not_sent() { --to_send_; }
  // Call when the chunk is done.
  void done(std::size_t first);
  // Returns the items that are to be sent again; empty if there are none, or if a thread has claimed them before.
  std::optional<StreamItems> next_returned();
  // Makes the calling thread the one that sends what was returned, until next_returned() is empty. Returns false if
  // none is there, or it has another thread.
  bool claim_returned();
  // Forgets them. Returns false if there are none.
  bool drop_returned();

  // Removes the next chunk whose items have an outcome, and sets their number. Returns null if there is none yet.
  Chunk pop(std::size_t& items) { return order_.pop(items); }
  bool all_popped() const { return order_.all_popped() && returned_.empty() && to_send_ == 0; }
  // Whether every item has an outcome.
  bool all_done() const { return waiting() == 0; }
  // Number of chunks without an outcome, and of those whose outcome was not popped.
  std::size_t waiting() const { return to_send_ + returned_.size() + order_.under_way(); }
  std::size_t unread() const { return order_.unread(); }
  std::vector<Chunk> under_way() const { return order_.undone(); }

 private:
  void give_back(const StreamItems& items, const Span& span);

  ChunkOrder order_;
  const std::size_t processes_;
  ChunkSizer sizer_;
  std::unordered_map<std::size_t, StreamItems> sent_;  // by their first number
  std::deque<StreamItems> returned_;
  bool claimed_ = false;
  std::size_t to_send_ = 0;  // chunks that a thread is about to send
  std::size_t begun_ = 0;    // items
};

}  // namespace forkmill::detail
