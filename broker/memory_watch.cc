#include "broker/memory_watch.h"

#include <malloc.h>

#include "proto/os/memory.h"

namespace forkmill::broker {

namespace {

// malloc_trim() looks at all free memory, so it is called rarely.
constexpr proto::Instant kTrimInterval = std::chrono::milliseconds{250};

}  // namespace

void MemoryWatch::update(Core& core, proto::Instant now) {
  const bool is_full = this->is_full(now);
  if (is_full == core.state().shortage.memory) return;
  core.set_memory_full(is_full);
  if (is_full)
    log_->error("the broker has more than {} bytes of memory (--memory-limit): nothing is taken in until there is room",
                limit_);
  else
    log_->info("there is room in memory again");
}

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
