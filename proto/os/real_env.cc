#include "proto/os/real_env.h"

#include <sys/random.h>

#include <chrono>

#include "proto/check.h"

namespace forkmill::proto {

Now RealEnv::now() {
  using std::chrono::duration_cast;
  return {duration_cast<Instant>(std::chrono::steady_clock::now().time_since_epoch()),
          duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())};
}

std::uint64_t RealEnv::random() {
  if (left_ == 0) {
    FORKMILL_CHECK(getrandom(pool_.data(), sizeof pool_, 0) == static_cast<ssize_t>(sizeof pool_));
    left_ = pool_.size();
  }
  return pool_[--left_];
}

}  // namespace forkmill::proto
