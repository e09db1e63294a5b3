// UnsentItems: the items of a call that are in no chunk under way and have not run, in the order in which they shall be
// sent. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>

namespace forkmill::detail {

// Items of a call: those from `first` on.
struct Span {
  std::size_t first = 0;
  std::size_t count = 0;
};

class UnsentItems {
 public:
  explicit UnsentItems(std::size_t items) : items_{items} {}

  // Whether take() has a chunk. Never again after stop().
  bool any() const { return !stopped_ && (!returned_.empty() || fresh_ < items_); }
  std::size_t count() const {
    std::size_t items = items_ - fresh_;
    for (const Returned& one : returned_) items += one.span.count;
    return items;
  }

  // Takes the first chunk of them: `size` items at most, or all of one that was put back whole. Requires any().
  Span take(std::size_t size) {
    if (returned_.empty()) {
      const Span chunk{fresh_, std::min(size, items_ - fresh_)};
      fresh_ += chunk.count;
      return chunk;
    }
    const auto [span, whole] = returned_.front();
    returned_.pop_front();
    if (whole || span.count <= size) return span;
    put_first({span.first + size, span.count - size});
    return {span.first, size};
  }

  void put_first(const Span& items) { returned_.push_front({items, false}); }
  void put_first_whole(const Span& chunk) { returned_.push_front({chunk, true}); }
  void put_last_whole(const Span& chunk) { returned_.push_back({chunk, true}); }
  // Call to send none of them any more, nor any that are put back later.
  void stop() { stopped_ = true; }

 private:
  struct Returned {
    Span span;
    bool whole;  // to be sent as one chunk
  };

  const std::size_t items_;
  std::deque<Returned> returned_;
  std::size_t fresh_ = 0;  // items from here on have never been sent
  bool stopped_ = false;
};

}  // namespace forkmill::detail
