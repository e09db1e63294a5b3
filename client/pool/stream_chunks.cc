#include "client/pool/stream_chunks.h"

#include <forkmill/errors.h>

#include <utility>

#include "client/pool/chunk_result.h"

namespace forkmill::detail {

StreamItems StreamChunks::begin(PackedItems items, bool once) {
  const auto count = items.size();
  const auto first = std::exchange(begun_, begun_ + count);
  ++to_send_;
  return {first, {0, count}, std::make_shared<const PackedItems>(std::move(items)), once};
}

void StreamChunks::sent(const StreamItems& items, Chunk chunk) {
  --to_send_;
  order_.add(items.first, std::move(chunk));
  auto& kept = sent_[items.first] = items;
  if (items.once) kept.packed = nullptr;
}

void StreamChunks::done(std::size_t first) {
  const auto items = std::move(sent_.extract(first).mapped());
  const auto count = items.span.count;
  if (items.once) return order_.set_done(first, count);
  try {
    const ChunkResult part = read_part(bytes_of(*order_.at(first)), count);
    if (part.run_time) sizer_.measured(part.items, count, *part.run_time);
    order_.set_done(first, part.items);
    if (part.items < count) give_back(items, {items.span.first + part.items, count - part.items});
  } catch (const WorkerLost&) {
    if (count == 1) return order_.set_done(first, 1);
    order_.remove(first);
    for (const Span& piece : pieces_of(items.span)) give_back(items, piece);
  } catch (const Error&) {
    order_.set_done(first, count);  // thrown where the chunk is read
  }
}

// A part of the items of a chunk.
void StreamChunks::give_back(const StreamItems& items, const Span& span) {
  returned_.push_back({items.first + (span.first - items.span.first), span, items.packed, false});
}

bool StreamChunks::claim_returned() {
  if (returned_.empty() || claimed_) return false;
  return claimed_ = true;
}

bool StreamChunks::drop_returned() { return !std::exchange(returned_, {}).empty(); }

std::optional<StreamItems> StreamChunks::next_returned() {
  if (returned_.empty()) {
    claimed_ = false;
    return std::nullopt;
  }
  auto items = std::move(returned_.front());
  returned_.pop_front();
  ++to_send_;
  return items;
}

}  // namespace forkmill::detail
