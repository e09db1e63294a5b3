// ChunkPart: the result of a chunk with a budget, in the making (proto/pool_tasks.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/clock.h"
#include "worker/errors/handler_error.h"

namespace forkmill::worker {

class ChunkPart {
 public:
  // each_error: not the first error only.
  explicit ChunkPart(bool each_error) : each_error_{each_error} {}

  // Adds the packed result of an item, in the order of the items. One that is too large is an error of the item.
  void add(std::size_t item, std::string_view result);
  void fail(std::size_t item, const HandlerError& error);
  // Whether the error of one more item is wanted.
  bool wants_error() const { return each_error_ || error_count_ == 0; }
  // Whether the part is so large that other items are better left to another one.
  bool is_full() const;
  // The whole part, packed.
  std::string packed(std::size_t items, proto::Instant run_time) const;

 private:
  const bool each_error_;
  std::uint32_t error_count_ = 0;
  std::string errors_;  // packed, one behind the other
  std::uint32_t result_count_ = 0;
  std::string results_;  // the same
};

}  // namespace forkmill::worker
