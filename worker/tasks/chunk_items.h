// ChunkItems: the items of a chunk, one after the other, until none is left or the time of the chunk is up.
#pragma once

#include <forkmill/registered.h>

#include <cstddef>
#include <string_view>

#include "proto/os/coarse_clock.h"
#include "worker/os/forked_copy.h"
#include "worker/tasks/chunk.h"

namespace forkmill::worker {

class ChunkItems final : public detail::ItemCursor {
 public:
  // Before the first item.
  explicit ChunkItems(const Chunk& chunk)
      : count_{chunk.count},
        until_{chunk.budget == proto::kNever ? proto::kNever : proto::coarse_now() + chunk.budget},
        reader_{chunk.items} {}

  // False also in a forked copy: the rest is for the original.
  bool next() override {
    if (begun_ == count_ || (begun_ > 0 && (is_over() || is_forked_copy()))) return false;
    ++begun_;
    return reader_.read(item_);
  }
  std::string_view item() const override { return item_; }
  // Number of items that have begun; the last of them is item().
  std::size_t begun() const { return begun_; }

 private:
  bool is_over() const { return until_ != proto::kNever && proto::coarse_now() >= until_; }

  const std::size_t count_;
  const proto::Instant until_;
  detail::PlainReader reader_;
  std::size_t begun_ = 0;
  std::string_view item_;
};

}  // namespace forkmill::worker
