// AttemptLog: what one attempt of a task has printed and logged, as far as it is kept: the first bytes and the newest
// ones. Positions count all bytes of the attempt, so that a gap between two texts shows how many are missing. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/wire/worker_messages.h"

namespace forkmill::broker {

struct LogText {
  std::uint64_t position = 0;
  proto::LogSource source = proto::LogSource::output;
  std::uint8_t level = 0;
  proto::milliseconds at{0};  // unix time at which it came
  std::string text;

  std::uint64_t end() const { return position + text.size(); }
  // Bytes of memory.
  std::size_t size() const { return text.size() + kRecord; }
  static constexpr std::size_t kRecord = 64;
};

class AttemptLog {
 public:
  // most: bytes of memory that the texts may take.
  AttemptLog(const proto::Grant& grant, std::uint64_t most);

  // Takes what is newer than all that has come before.
  void add(const proto::LogNote& note, proto::milliseconds at);
  // Nothing more will come.
  void close() { is_over_ = true; }

  const proto::Grant& grant() const { return grant_; }
  bool is_over() const { return is_over_; }
  const std::deque<LogText>& texts() const { return texts_; }
  // Bytes of the log, with those that are missing.
  std::uint64_t end() const { return end_; }
  std::uint64_t missing() const { return end_ - kept_; }
  std::size_t size() const { return sizes_ + kRecord; }

  static constexpr std::size_t kFirstBytes = 4 * 1024;  // about as many stay, but a quarter of `most` at most
  static constexpr std::size_t kPart = 4 * 1024;        // longest text
  static constexpr std::size_t kRecord = 256;           // bytes of memory without texts

 private:
  void append(const proto::LogPiece& piece, proto::milliseconds at);
  void grow(std::size_t bytes, std::uint64_t position);
  void trim();

  proto::Grant grant_;
  std::uint64_t most_;
  std::size_t head_left_;                       // bytes of memory for further texts that stay
  std::uint64_t head_end_ = ~std::uint64_t{0};  // texts before this position stay
  bool is_over_ = false;
  std::deque<LogText> texts_;
  std::size_t sizes_ = 0;   // sum over the texts
  std::uint64_t kept_ = 0;  // bytes in the texts
  std::uint64_t end_ = 0;
};

}  // namespace forkmill::broker
