// LogLimit: keeps one cause from filling a log: a few lines a second are written, the others are counted. Pure. One
// thread owns a limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "proto/clock.h"

namespace forkmill::proto {

class LogLimit {
 public:
  static constexpr std::uint32_t kLines = 5;  // in each second

  LogLimit() = default;
  explicit LogLimit(std::uint32_t lines) : lines_{lines} {}

  // Returns whether another line may be written now.
  bool allows(Instant now) {
    if (now - since_ >= Instant{std::chrono::seconds{1}}) {
      since_ = now;
      written_ = 0;
    }
    if (written_ < lines_) {
      ++written_;
      return true;
    }
    ++omitted_;
    return false;
  }

  // Returns " (123 similar lines omitted)" for the lines since the last call, or nothing if there were none.
  std::string take_omitted() {
    const auto omitted = drain_omitted();
    return omitted == 0 ? "" : " (" + std::to_string(omitted) + " similar lines omitted)";
  }
  // Returns the number of lines that were not allowed since the last call.
  std::uint64_t drain_omitted() { return std::exchange(omitted_, 0); }

 private:
  std::uint32_t lines_ = kLines;
  Instant since_{-std::chrono::hours{1}};
  std::uint32_t written_ = 0;
  std::uint64_t omitted_ = 0;
};

}  // namespace forkmill::proto
