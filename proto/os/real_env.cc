#include "proto/os/real_env.h"

#include <sys/random.h>
#include <time.h>

#include <chrono>

#include "proto/check.h"

namespace forkmill::proto {

using std::chrono::duration_cast;

Now RealEnv::now() {
  return {steady(), duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())};
}

Instant RealEnv::steady() { return duration_cast<Instant>(std::chrono::steady_clock::now().time_since_epoch()); }

milliseconds RealEnv::coarse_unix_time() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return duration_cast<milliseconds>(std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec});
}

std::uint64_t RealEnv::random() {
  if (left_ == 0) {
    FORKMILL_CHECK(getrandom(pool_.data(), sizeof pool_, 0) == static_cast<ssize_t>(sizeof pool_));
    left_ = pool_.size();
  }
  return pool_[--left_];
}

}  // namespace forkmill::proto
