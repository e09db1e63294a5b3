// MemoryWatch: whether the broker has as much memory as it may have. malloc keeps freed memory, which would look like
// memory in use: before the watch says that memory is full, it gives freed memory back to the kernel, and again now and
// then while it is full. Thread of the loop.
#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <memory>

#include "broker/core/core.h"
#include "proto/clock.h"

namespace forkmill::broker {

class MemoryWatch {
 public:
  // `limit`: of the resident memory of this process, in bytes.
  MemoryWatch(std::uint64_t limit, std::shared_ptr<spdlog::logger> log) : limit_{limit}, log_{std::move(log)} {}

  // Tells the core and the log when memory is full, and when it has room again. Call in each round.
  void update(Core& core, proto::Instant now);

  // Returns whether memory is full. Looks once each kInterval at most. Memory that was full has room again when a
  // sixteenth of the limit is free.
  bool is_full(proto::Instant now);
  std::uint64_t limit() const { return limit_; }
  // Returns the resident memory of this process, as is_full() has seen it last.
  std::uint64_t resident(proto::Instant now) {
    is_full(now);
    return resident_;
  }

  static constexpr proto::Instant kInterval = std::chrono::milliseconds{10};
  // Returns how long freed memory is not given back after that took `took`. It looks at all free memory, which takes
  // long if there is much, and is of no use while the memory is in use.
  static proto::Instant wait_after_trim(proto::Instant took);

 private:
  const std::uint64_t limit_;
  const std::shared_ptr<spdlog::logger> log_;
  bool is_full_ = false;
  std::uint64_t resident_ = 0;
  proto::Instant look_at_{0};
  proto::Instant trim_at_{0};
};

}  // namespace forkmill::broker
