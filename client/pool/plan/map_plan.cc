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

std::size_t MapPlan::left() const {
  std::size_t items = items_ - fresh_;
  for (const Returned& one : returned_) items += one.span.count;
  return items;
}

std::optional<Span> MapPlan::next() {
  if (!has_next()) return std::nullopt;
  ++under_way_;
  ended_at_next_ = ended_;
  const auto size = std::min(sizer_.next(left(), window_.processes()), largest_);
  if (returned_.empty()) {
    const Span chunk{fresh_, std::min(size, items_ - fresh_)};
    fresh_ += chunk.count;
    return chunk;
  }
  const auto [span, whole] = returned_.front();
  returned_.pop_front();
  if (whole || span.count <= size) return span;
  returned_.push_front({{span.first + size, span.count - size}, false});
  return Span{span.first, size};
}

void MapPlan::shorten(const Span& chunk, std::size_t count) {
  if (count < chunk.count) returned_.push_front({{chunk.first + count, chunk.count - count}, false});
}

void MapPlan::unsent(const Span& chunk) {
  --under_way_;
  returned_.push_front({chunk, true});
}

void MapPlan::ran(const Span& chunk, std::size_t count, std::chrono::microseconds run_time,
                  std::chrono::microseconds round_trip) {
  end_chunk();
  ran_ += count;
  sizer_.measured(count, chunk.count, run_time);
  window_.measured(run_time, round_trip);
  if (count < chunk.count) returned_.push_front({{chunk.first + count, chunk.count - count}, false});
}

bool MapPlan::lost(const Span& chunk) {
  end_chunk();
  if (chunk.count == 1) {
    ++lost_;
    stopped_ |= lost_ >= kManyLost && lost_ * 4 >= lost_ + ran_;
    return false;
  }
  for (const Span& piece : pieces_of(chunk)) returned_.push_back({piece, true});
  return true;
}

void MapPlan::failed() {
  end_chunk();
  stopped_ = true;
}

}  // namespace forkmill::detail
