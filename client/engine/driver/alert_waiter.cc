#include "client/engine/driver/alert_waiter.h"

#include <sched.h>

#include <algorithm>
#include <chrono>

namespace forkmill::client {

namespace {

proto::Instant now() {
  return std::chrono::duration_cast<proto::Instant>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

void AlertWaiter::wait(proto::Instant timeout, bool alert) {
  const auto start = now();
  if (!alert || !wait_awake(start, timeout)) waiter_.wait(timeout);
  note(now() - start);
}

// True: a descriptor is readable.
bool AlertWaiter::wait_awake(proto::Instant start, proto::Instant timeout) {
  const bool long_enough = timeout < proto::Instant{0} || timeout > 2 * usual_wait_;
  if (usual_wait_ >= stay_awake_ || !long_enough) return false;
  for (const auto end = start + 2 * usual_wait_; now() < end; ::sched_yield())
    if (!waiter_.wait(proto::Instant{0}).empty()) return true;
  return false;
}

// A long wait counts as four times stay_awake at most, so that a few short ones make up for it.
void AlertWaiter::note(proto::Instant how_long) {
  usual_wait_ += (std::min<proto::Instant>(how_long, 4 * stay_awake_) - usual_wait_) / 8;
}

}  // namespace forkmill::client
