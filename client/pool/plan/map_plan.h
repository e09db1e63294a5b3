// MapPlan: which items of a call go into which chunk, and what becomes of them. Pure.
//
//     not sent ──next()──▶ under way ──ran()──▶ ran
//        ▲                     │ the items of the chunk that had not begun
//        └─────────────────────┤
//        └── in small chunks ──┴──lost()──▶ lost: its process died, and the item was alone in its chunk
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "client/pool/plan/chunk_sizer.h"
#include "client/pool/plan/chunk_window.h"
#include "client/pool/plan/unsent_items.h"

namespace forkmill::detail {

// The smaller chunks in which the items of one whose process died are tried again. The one item that kills is found
// after few deaths, and the others run again a few times only.
std::vector<Span> pieces_of(const Span& chunk);

class MapPlan {
 public:
  // processes: 0 for a number that is not known. cost: as ChunkSizer has it.
  MapPlan(std::size_t items, std::size_t processes, ChunkSizer::Aim aim, ChunkSizer::Time cost = {})
      : unsent_{items}, window_{processes}, largest_{share(items, window_.processes() * 4)}, sizer_{aim, cost} {}

  ChunkSizer::Time cost() const { return sizer_.cost(); }

  // Whether next() has a chunk.
  bool has_next() const { return under_way_ < window_.size() && unsent_.any(); }
  // The next chunk. Empty: none is left, or enough are under way.
  std::optional<Span> next();
  // Call when a chunk of next() is smaller than that: the rest was not sent.
  void shorten(const Span& chunk, std::size_t count);
  // Call when a chunk of next() was not sent; next() gives it once more.
  void unsent(const Span& chunk);
  // Whether a chunk has ended since the last next(): what had no room for one of this plan may have it now.
  bool has_made_room() const { return ended_ != ended_at_next_; }

  // Call when the first `count` items of the chunk, at least one, have run. Times as in ChunkWindow::measured().
  void ran(const Span& chunk, std::size_t count, std::chrono::microseconds run_time,
           std::chrono::microseconds round_trip);
  // Call when the process of the chunk has died. Returns true if its items are sent again in smaller chunks, false if
  // it was one item, which is lost. When many items are lost, others are not sent any more.
  bool lost(const Span& chunk);
  // Call when the chunk has failed as a whole: no more is sent.
  void failed();

  bool any_under_way() const { return under_way_ > 0; }
  // Whether nothing is under way, and nothing is left to be sent.
  bool is_over() const { return under_way_ == 0 && !unsent_.any(); }

 private:
  static std::size_t share(std::size_t items, std::size_t parts) { return (items + parts - 1) / parts; }
  void end_chunk() {
    --under_way_;
    ++ended_;
  }

  UnsentItems unsent_;
  ChunkWindow window_;
  const std::size_t largest_;  // size of a chunk: each process shall get some, also before anything was measured
  ChunkSizer sizer_;
  std::size_t under_way_ = 0;
  std::size_t ended_ = 0;  // chunks
  std::size_t ended_at_next_ = 0;
  std::size_t ran_ = 0;  // items
  std::size_t lost_ = 0;
};

}  // namespace forkmill::detail
