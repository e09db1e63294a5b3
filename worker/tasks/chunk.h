// Chunk: the arguments of forkmill.chunk (proto/pool_tasks.h), read where they are.
#pragma once

#include <forkmill/detail/plain_reader.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/clock.h"

namespace forkmill::worker {

struct Chunk {
  std::string name;
  std::uint64_t signature = 0;
  bool each = false;                      // each item has an outcome of its own
  std::size_t count = 0;                  // number of items
  detail::PlainReader items{{}};          // at the first of them; all are strings
  bool merged = false;                    // one result of all items
  proto::Instant budget = proto::kNever;  // kNever: none
};

// `arguments` must outlive the chunk.
// Throws BadArguments for bytes that are not a chunk.
Chunk read_chunk(std::string_view arguments);

}  // namespace forkmill::worker
