#include "proto/os/waiter.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

namespace forkmill::proto {

namespace {

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error{errno, std::generic_category(), what};
  return result;
}

int whole_milliseconds(Instant timeout) {
  if (timeout < Instant{0}) return -1;
  const auto count = std::chrono::ceil<milliseconds>(std::min(timeout, Instant{std::chrono::hours{1}})).count();
  return static_cast<int>(count);
}

}  // namespace

Waiter::Waiter() : epoll_{checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")} {}

void Waiter::add(int fd, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void Waiter::remove(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

std::span<const std::uint64_t> Waiter::wait(Instant timeout) {
  std::array<epoll_event, kMax> events;
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(kMax), whole_milliseconds(timeout));
  if (count < 0 && errno != EINTR) checked(count, "epoll_wait");
  for (int i = 0; i < count; ++i) tags_[static_cast<std::size_t>(i)] = events[static_cast<std::size_t>(i)].data.u64;
  return {tags_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

Alarm::Alarm() : fd_{checked(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create")} {}

void Alarm::set(Instant from_now) {
  const auto time = std::max(from_now, Instant{1});  // zero would stop the timer
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  itimerspec spec{};
  spec.it_value.tv_sec = seconds.count();
  spec.it_value.tv_nsec = std::chrono::nanoseconds{time - seconds}.count();
  checked(timerfd_settime(fd_.get(), 0, &spec, nullptr), "timerfd_settime");
}

void Alarm::stop() {
  const itimerspec none{};
  checked(timerfd_settime(fd_.get(), 0, &none, nullptr), "timerfd_settime");
}

}  // namespace forkmill::proto
