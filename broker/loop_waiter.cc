#include "broker/loop_waiter.h"

#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <limits>
#include <utility>

namespace forkmill::broker {

namespace {

enum WaiterTag : std::uint64_t { kInput = 1, kSignals = 2, kClock = 3 };

proto::Descriptor open_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return proto::Descriptor{signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

// A timer that never fires. Its descriptor becomes readable when the wall clock is set.
proto::Descriptor open_clock() { return proto::Descriptor{timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)}; }

void watch_clock(const proto::Descriptor& clock) {
  itimerspec never{};
  never.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
  timerfd_settime(clock.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

}  // namespace

LoopWaiter::LoopWaiter(OnHangup on_hangup)
    : on_hangup_{std::move(on_hangup)}, signals_{open_signals()}, clock_{open_clock()} {
  waiter_.add(signals_.get(), kSignals);
  watch_clock(clock_);
  waiter_.add(clock_.get(), kClock);
}

void LoopWaiter::watch(int fd) { waiter_.add(fd, kInput); }

bool LoopWaiter::wait(proto::Instant most) {
  const auto tags = waiter_.wait(std::max(most, proto::Instant{0}));
  if (std::find(tags.begin(), tags.end(), kClock) != tags.end()) watch_clock(clock_);
  return std::find(tags.begin(), tags.end(), kSignals) == tags.end() || take_signals();
}

bool LoopWaiter::take_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info))
    if (info.ssi_signo != SIGHUP || !on_hangup_(info.ssi_uid)) return false;
  return true;
}

}  // namespace forkmill::broker
