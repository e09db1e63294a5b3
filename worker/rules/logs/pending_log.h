// PendingLog: the part of one attempt's log that has not been sent yet: its first bytes and the newest ones. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "proto/wire/worker_messages.h"

namespace forkmill::worker {

// Something that an attempt says.
struct LogInput {
  proto::LogSource source = proto::LogSource::output;
  std::uint8_t level = 0;
  std::uint64_t missing = 0;  // bytes that were lost before the text
  std::string_view text;
};

class PendingLog {
 public:
  void add(const LogInput& input);
  // Drops the oldest bytes, but the first ones of the attempt, until size() is at most `most`. A line goes as a whole.
  void trim(std::size_t most);
  // Removes and returns all.
  std::vector<proto::LogPiece> drain();

  // Bytes of memory, about.
  std::size_t size() const { return size_; }
  // Bytes of the whole log so far, with those that were sent or dropped.
  std::uint64_t end() const { return end_; }

  static constexpr std::size_t kFirstBytes = 4 * 1024;  // bytes of memory of each attempt that stay, about

 private:
  void append(proto::LogSource source, std::uint8_t level, std::string_view text);

  std::deque<proto::LogPiece> pieces_;
  std::size_t size_ = 0;
  std::uint64_t end_ = 0;
  std::size_t head_left_ = kFirstBytes;
  std::uint64_t head_end_ = ~std::uint64_t{0};  // pieces before this stay
};

}  // namespace forkmill::worker
