#include "broker/memory_watch.h"

#include <malloc.h>

#include "proto/os/memory.h"

namespace forkmill::broker {

namespace {

// malloc_trim() looks at all free memory, so it is called rarely.
constexpr proto::Instant kTrimInterval = std::chrono::milliseconds{250};

}  // namespace

bool MemoryWatch::is_full(proto::Instant now) {
  if (now < look_at_) return is_full_;
  look_at_ = now + kInterval;
  const std::uint64_t enough = is_full_ ? limit_ - limit_ / 16 : limit_;
  std::uint64_t used = proto::resident_memory();
  if (used >= enough) used = trimmed_memory(now);
  return is_full_ = used >= enough;
}

std::uint64_t MemoryWatch::trimmed_memory(proto::Instant now) {
  if (now >= trim_at_) {
    ::malloc_trim(0);
    trim_at_ = now + kTrimInterval;
  }
  return proto::resident_memory();
}

}  // namespace forkmill::broker
