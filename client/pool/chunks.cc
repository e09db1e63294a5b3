#include "client/pool/chunks.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "client/engine/engine.h"
#include "proto/pool_tasks.h"

namespace forkmill::detail {

namespace {

constexpr std::size_t kChunkBytes = 1024 * 1024;  // arguments in a chunk whose size the caller has left open

std::string packed_chunk(const ChunkCall& call, const std::string* items, std::size_t count) {
  std::string out;
  StringSink sink{out};
  msgpack::packer<StringSink> packer{sink};
  packer.pack_array(call.merged ? 5 : 4);
  packer.pack(call.task);
  packer.pack(call.signature);
  packer.pack(call.each);
  packer.pack_array(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) packer.pack(items[i]);
  if (call.merged) packer.pack(true);
  return out;
}

}  // namespace

std::size_t chunk_size_for(std::size_t items, std::int64_t processes, ChunkSize asked) {
  if (asked && *asked < 1)
    throw std::invalid_argument{"Pool: the chunk size is " + std::to_string(*asked) + "; it must be at least 1"};
  if (asked) return static_cast<std::size_t>(*asked);
  const auto shares = static_cast<std::size_t>(processes) * 4;
  return std::max<std::size_t>((items + shares - 1) / shares, 1);
}

std::size_t chunk_size_for(const std::vector<std::string>& items, std::int64_t processes, ChunkSize asked) {
  const auto size = chunk_size_for(items.size(), processes, asked);
  if (asked) return size;
  std::size_t largest = 1;
  for (const auto& item : items) largest = std::max(largest, item.size());
  return std::clamp<std::size_t>(kChunkBytes / largest, 1, size);
}

void ChunkSender::use_queue(const std::string& queue) {
  SubmitOptions options;
  options.queue = queue;
  options.max_attempts = 1;
  auto how = std::make_shared<const client::Prepared>(client::prepare(options));
  const std::lock_guard hold{mutex_};
  how_ = std::move(how);
}

std::shared_ptr<const client::Prepared> ChunkSender::how() {
  const std::lock_guard hold{mutex_};
  return how_;
}

Chunk ChunkSender::send_task(const ChunkCall& call, std::string arguments) {
  return client::engine_of(engine_).tasks().submit(*how(), call.task, call.signature, arguments);
}

std::vector<Chunk> ChunkSender::send(const ChunkCall& call, const std::vector<std::string>& items,
                                     std::size_t chunk_size) {
  std::vector<std::string> payloads;
  for (std::size_t at = 0; at < items.size();) {
    const auto count = std::min(chunk_size, items.size() - at);
    payloads.push_back(packed_chunk(call, &items[at], count));
    at += count;
  }
  auto chunks = client::engine_of(engine_).tasks().submit_all(*how(), proto::kChunkTask, 0, payloads);
  for (const Chunk& chunk : chunks) chunk->decode_by(&decode_into<RawResult>);
  return chunks;
}

}  // namespace forkmill::detail
