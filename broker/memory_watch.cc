#include "broker/memory_watch.h"

#include <malloc.h>

#include <algorithm>

#include "proto/os/memory.h"
#include "proto/os/real_env.h"

namespace forkmill::broker {

namespace {

constexpr proto::Instant kShortestWait = std::chrono::milliseconds{250};
constexpr proto::Instant kLongestWait = std::chrono::seconds{10};
constexpr int kShare = 20;  // trimming takes one part in 20 of the time

}  // namespace

void MemoryWatch::update(Core& core, proto::Instant now) {
  const bool is_full = this->is_full(now);
  if (is_full == core.state().shortage.memory) return;
  core.set_memory_full(is_full);
  if (is_full)
    log_->error("the broker uses more than {} bytes of memory (--memory-limit): it accepts nothing until there is room",
                limit_);
  else
    log_->info("there is room in memory again");
}

bool MemoryWatch::is_full(proto::Instant now) {
  if (now < look_at_) return is_full_;
  look_at_ = now + kInterval;
  const std::uint64_t enough = is_full_ ? limit_ - limit_ / 16 : limit_;
  resident_ = proto::resident_memory();
  is_full_ = resident_ >= enough;
  if (is_full_ && now >= trim_at_) {
    const proto::Instant began = proto::RealEnv::steady();
    ::malloc_trim(0);
    trim_at_ = now + wait_after_trim(proto::RealEnv::steady() - began);
    resident_ = proto::resident_memory();
    is_full_ = resident_ >= enough;
  }
  return is_full_;
}

proto::Instant MemoryWatch::wait_after_trim(proto::Instant took) {
  return std::clamp(kShare * took, kShortestWait, kLongestWait);
}

}  // namespace forkmill::broker
