#include "proto/transport/frame_meter.h"

#include <algorithm>

namespace forkmill::proto {

namespace {

// Flags of a frame in ZMTP 3.
constexpr unsigned char kMore = 1;
constexpr unsigned char kLong = 2;
constexpr unsigned char kCommand = 4;

}  // namespace

bool FrameMeter::follow(std::span<const unsigned char> bytes) {
  while (!bytes.empty()) {
    if (skip_ > 0) {
      const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
      skip_ -= skipped;
      bytes = bytes.subspan(skipped);
      continue;
    }
    if (!(at_ < kGreeting ? follow_greeting(bytes[0]) : follow_header(bytes[0]))) return false;
    bytes = bytes.subspan(1);
  }
  return true;
}

// FF, 8 bytes, 7F, version, minor version, the mechanism in 20 bytes, and what does not matter here. Earlier versions
// of ZMTP, which ZeroMQ would accept as well, differ in the tenth or eleventh byte.
bool FrameMeter::follow_greeting(unsigned char byte) {
  const std::uint32_t at = at_++;
  if (at == 0) return byte == 0xFF;
  if (at == 9) return (byte & 1) != 0;
  if (at == 10) return byte >= 3;
  if (at == 12) curve_ = byte == 'C';
  return true;
}

bool FrameMeter::follow_header(unsigned char byte) {
  if (header_left_ == 0) {
    flags_ = byte;
    length_ = 0;
    header_left_ = (byte & kLong) != 0 ? 8 : 1;
    return true;
  }
  length_ = length_ << 8 | byte;
  return --header_left_ > 0 || begin_frame();
}

bool FrameMeter::begin_frame() {
  skip_ = length_;
  if ((flags_ & kCommand) != 0) return length_ <= limits::kMaxEnvelope;
  if (length_ > kMaxMessageCost) return false;
  const std::uint64_t content = curve_ ? length_ - std::min(length_, kCurveFrame) : length_;
  const std::uint64_t cost = cost_of(static_cast<std::size_t>(content));
  cost_ += cost;
  message_cost_ += cost;
  if (++message_frames_ > kMaxMessageFrames || message_cost_ > kMaxMessageCost) return false;
  if ((flags_ & kMore) == 0) {
    message_cost_ = 0;
    message_frames_ = 0;
  }
  return true;
}

}  // namespace forkmill::proto
