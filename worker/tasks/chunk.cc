#include "worker/tasks/chunk.h"

#include <forkmill/registered.h>

namespace forkmill::worker {

namespace {

// Moves the reader behind the items. False: one of them is not a string.
bool skip_items(detail::PlainReader& reader, std::size_t count) {
  std::string_view item;
  for (std::size_t i = 0; i < count; ++i)
    if (!reader.read(item)) return false;
  return true;
}

bool read(detail::PlainReader reader, Chunk& chunk) {
  std::size_t fields = 0;
  if (!reader.read_array(fields) || fields < 4) return false;
  if (!reader.read(chunk.name) || !reader.read(chunk.signature) || !reader.read(chunk.each)) return false;
  if (!reader.read_array(chunk.count)) return false;
  chunk.items = reader;
  if (!skip_items(reader, chunk.count)) return false;
  std::uint32_t budget = 0;
  if (fields > 4 && !reader.read(chunk.merged)) return false;
  if (fields > 5 && !reader.read(budget)) return false;
  if (budget > 0) chunk.budget = proto::Instant{budget};
  return chunk.count > 0 || (!chunk.merged && budget == 0);
}

}  // namespace

Chunk read_chunk(std::string_view arguments) {
  Chunk chunk;
  if (!read(detail::PlainReader{arguments}, chunk)) throw detail::BadArguments{"this is not a chunk"};
  return chunk;
}

}  // namespace forkmill::worker
