#include "client/pool/chunks.h"

#include <forkmill/errors.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "client/engine/engine.h"
#include "client/futures/log.h"
#include "client/pool/chunk_result.h"
#include "proto/limits.h"
#include "proto/pool_tasks.h"

namespace forkmill::detail {

namespace {

using namespace std::chrono_literals;

// budget: 0 for none.
std::string packed_chunk(const ChunkCall& call, std::string_view items, std::size_t count,
                         std::chrono::microseconds budget) {
  constexpr std::size_t kHead = 64;  // more than all but the name and the items takes
  std::string out;
  out.reserve(kHead + call.task.size() + items.size());
  StringSink sink{out};
  msgpack::packer<StringSink> packer{sink};
  packer.pack_array(budget.count() > 0 ? 6 : call.merged ? 5 : 4);
  packer.pack(call.task);
  packer.pack(call.signature);
  packer.pack(call.each);
  packer.pack_array(static_cast<std::uint32_t>(count));
  out += items;
  if (budget.count() > 0 || call.merged) packer.pack(call.merged);
  if (budget.count() > 0) packer.pack(budget.count());
  return out;
}

}  // namespace

ChunkSizer::Aim ChunkCall::aim() const {
  return merged ? ChunkSizer::Aim{.target = 1s, .least = 100ms} : ChunkSizer::Aim{.target = 5ms, .least = 500us};
}

std::chrono::microseconds ChunkCall::budget() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(aim().target * 2);
}

void check_chunk_size(ChunkSize asked) {
  if (asked && *asked < 1)
    throw std::invalid_argument{"Pool: the chunk size is " + std::to_string(*asked) + "; it must be at least 1"};
}

void check_items(const PackedItems& items) {
  constexpr std::size_t kHead = 1024;  // more than a chunk has beside its items, with a name of 128 bytes
  constexpr auto kMost = proto::limits::kMaxPayload - kHead;
  if (items.largest() > kMost)
    throw Rejected{
        Errc::payload_too_large,
        std::to_string(items.largest()) + " bytes of arguments for one item; the maximum is " + std::to_string(kMost)};
}

std::size_t chunk_size_for(const PackedItems& items, std::size_t processes) {
  const auto shares = processes * 4;
  const auto share = std::max<std::size_t>((items.size() + shares - 1) / shares, 1);
  return std::clamp<std::size_t>(kChunkBytes / std::max<std::size_t>(items.largest(), 1), 1, share);
}

void ChunkSender::use_queue(const std::string& queue) {
  SubmitOptions options;
  options.queue = queue;
  options.max_attempts = 1;
  use(client::prepare(options));
}

void ChunkSender::use(const client::Prepared& given) {
  auto how = std::make_shared<const client::Prepared>(given);
  auto again = given;
  again.options.max_attempts = 1;
  again.options.dead_letter = false;
  auto how_again = std::make_shared<const client::Prepared>(std::move(again));
  const std::lock_guard hold{mutex_};
  how_ = std::move(how);
  how_again_ = std::move(how_again);
}

std::shared_ptr<const client::Prepared> ChunkSender::how(bool again) {
  const std::lock_guard hold{mutex_};
  return again ? how_again_ : how_;
}

Chunk ChunkSender::send_task(const ChunkCall& call, std::string_view arguments) {
  return client::engine_of(engine_).tasks().submit(*how(false), call.task, call.signature, arguments);
}

std::vector<Chunk> ChunkSender::send_all(const ChunkCall& call, const PackedItems& items, std::size_t chunk_size) {
  std::vector<std::string> payloads;
  for (std::size_t at = 0; at < items.size();) {
    const auto count = std::min(chunk_size, items.size() - at);
    payloads.push_back(packed_chunk(call, items.range(at, count), count, {}));
    at += count;
  }
  auto chunks = client::engine_of(engine_).tasks().submit_all(*how(false), proto::kChunkTask, 0, payloads);
  for (const Chunk& chunk : chunks) read_as_bytes(*chunk);
  return chunks;
}

Chunk ChunkSender::send(const ChunkCall& call, const PackedItems& items, const Span& span,
                        std::chrono::microseconds budget) {
  const bool again = budget.count() > 0 && span.count > 1;
  const auto payload = packed_chunk(call, items.range(span.first, span.count), span.count, budget);
  auto chunk = client::engine_of(engine_).tasks().submit(*how(again), proto::kChunkTask, 0, payload);
  read_as_bytes(*chunk);
  return chunk;
}

void ChunkSender::cancel_waiting(const std::vector<Chunk>& chunks) noexcept {
  try {
    for (const Chunk& chunk : chunks) client::engine_of(engine_).tasks().cancel(chunk->id(), true);
  } catch (const std::exception& error) {
    client::log().debug("chunks that wait are not cancelled: {}", error.what());
  }
}

}  // namespace forkmill::detail
