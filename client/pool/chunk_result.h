// ChunkResult: the result of a chunk that is done, which may have run a part of its items (proto/pool_tasks.h).
#pragma once

#include <forkmill/serialize.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string_view>
#include <vector>

#include "client/pool/outstanding.h"

namespace forkmill::detail {

struct ChunkResult {
  struct ItemError {
    std::size_t item = 0;  // its place in the chunk
    std::exception_ptr error;
  };

  std::size_t items = 0;                              // that have run, from the first one on
  std::optional<std::chrono::microseconds> run_time;  // empty: it is not known
  std::vector<ItemError> errors;                      // in the order of the items
  std::string_view results;                           // packed array, of the items without an error
};

// The packed result of a chunk that is done, in the chunk's memory; read_as_bytes() came before. Throws its error.
void read_as_bytes(RemoteState& chunk);
std::string_view bytes_of(State& done);
// Whether the result of a chunk is a part. Others are of workers that do not know the budget of a chunk.
bool is_part(std::string_view packed);
// sent: number of items of the chunk. Throws Error{result_undecodable}.
ChunkResult read_part(std::string_view packed, std::size_t sent);

// The exception of an item, as it is packed for one with an outcome of its own: code, type, message, backtrace, cause.
// Throws msgpack::type_error.
std::exception_ptr item_error(const msgpack::object* parts);

}  // namespace forkmill::detail
