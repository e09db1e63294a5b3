#include "client/pool/plan/map_plan.h"

#include <algorithm>

namespace forkmill::detail {

namespace {

constexpr std::size_t kPieces = 16;
constexpr std::size_t kManyLost = 16;

}  // namespace

std::vector<Span> pieces_of(const Span& chunk) {
  std::vector<Span> pieces;
  const auto size = (chunk.count + kPieces - 1) / kPieces;
  for (std::size_t at = 0; at < chunk.count; at += size)
    pieces.push_back({chunk.first + at, std::min(size, chunk.count - at)});
  return pieces;
}

std::optional<Span> MapPlan::next() {
  if (!has_next()) return std::nullopt;
  ++under_way_;
  ended_at_next_ = ended_;
  return unsent_.take(std::min(sizer_.next(unsent_.count(), window_.processes()), largest_));
}

void MapPlan::shorten(const Span& chunk, std::size_t count) {
  if (count < chunk.count) unsent_.put_first({chunk.first + count, chunk.count - count});
}

void MapPlan::unsent(const Span& chunk) {
  --under_way_;
  unsent_.put_first_whole(chunk);
}

void MapPlan::ran(const Span& chunk, std::size_t count, std::chrono::microseconds run_time,
                  std::chrono::microseconds round_trip) {
  end_chunk();
  ran_ += count;
  sizer_.measured(count, chunk.count, run_time);
  window_.measured(run_time, round_trip);
  if (count < chunk.count) unsent_.put_first({chunk.first + count, chunk.count - count});
}

bool MapPlan::lost(const Span& chunk) {
  end_chunk();
  if (chunk.count == 1) {
    ++lost_;
    if (lost_ >= kManyLost && lost_ * 4 >= lost_ + ran_) unsent_.stop();
    return false;
  }
  for (const Span& piece : pieces_of(chunk)) unsent_.put_last_whole(piece);
  return true;
}

void MapPlan::failed() {
  end_chunk();
  unsent_.stop();
}

}  // namespace forkmill::detail
