// FrameMeter: follows the bytes of one incoming ZMTP 3 connection, without keeping them, and counts what they cost the
// receiver. ZeroMQ asks for the limit of a single frame only, and a message that never ends grows unseen: here it
// counts from its first frame. Pure. One thread owns a meter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/limits.h"

namespace forkmill::proto {

class FrameMeter {
 public:
  // Bytes that ZeroMQ needs for a frame beside its content.
  static constexpr std::size_t kFrameCost = 128;
  static constexpr std::size_t cost_of(std::size_t frame_size) { return kFrameCost + frame_size; }

  // A message beyond these ends its connection. Smaller ones that are too large are read and answered with
  // message_too_large.
  static constexpr std::uint64_t kMaxMessageCost = 5ULL * limits::kMaxPayload;
  static constexpr std::uint32_t kMaxMessageFrames = 4 * limits::kMaxFrames;

  // Takes the next bytes of the connection. Returns false if the connection must end: its bytes are not ZMTP 3, or a
  // message has more frames or bytes than the limits above. The meter must not be used afterwards.
  bool follow(std::span<const unsigned char> bytes);

  // Returns the cost of all frames of messages that have begun; frames of commands do not count, as they are not
  // delivered.
  std::uint64_t cost() const { return cost_; }

 private:
  bool follow_greeting(unsigned char byte);
  bool follow_header(unsigned char byte);
  bool begin_frame();

  static constexpr std::uint32_t kGreeting = 64;    // bytes
  static constexpr std::uint64_t kCurveFrame = 33;  // bytes that CURVE adds to a frame
  std::uint32_t at_ = 0;                            // bytes of the greeting so far
  bool curve_ = false;                              // frames are encrypted: the content is smaller than the frame
  unsigned char flags_ = 0;                         // flags of the frame whose header is read
  std::uint32_t header_left_ = 0;                   // bytes of its length that have not come yet; 0: the flags are next
  std::uint64_t length_ = 0;                        // length of the frame
  std::uint64_t skip_ = 0;                          // bytes of its content that have not come yet
  std::uint64_t cost_ = 0;
  std::uint64_t message_cost_ = 0;
  std::uint32_t message_frames_ = 0;
};

}  // namespace forkmill::proto
