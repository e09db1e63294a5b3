#include "client/engine/driver/driver.h"

#include <algorithm>
#include <chrono>

#include "proto/os/cpus.h"
#include "proto/os/real_env.h"

namespace forkmill::client {

using proto::Instant;
using proto::kNever;

namespace {

constexpr Instant kNap = std::chrono::milliseconds{15};

}  // namespace

Driver::Driver(DrivenLoop& loop, int socket, Instant stay_awake)
    : loop_{loop}, thread_{socket}, waiter_{proto::usable_cpus() > 1 ? stay_awake : Instant{0}} {
  waiter_.add(wake_driver_.fd());
  waiter_.add(socket);
  thread_.start([this] { run(); });
}

// ---- Waiting threads ------------------------------------------------------------------------------------------------

bool Driver::wait(detail::Signal& signal, const detail::Deadline& deadline) {
  if (driven_.exchange(true)) return signal.sleep_until(deadline);  // the thread that drives will wake this one
  return drive(signal, deadline);
}

bool Driver::wait_for_new(detail::Signal& signal, const detail::Deadline& deadline) {
  if (!driven_.exchange(true)) return drive(signal, deadline);
  get_going();
  return signal.is_set() || wait(signal, deadline);
}

bool Driver::drive(detail::Signal& signal, const detail::Deadline& deadline) {
  std::unique_lock turn{turn_};
  thread_.ignore_socket();
  while (!stopped_) {
    step();
    if (signal.is_set()) break;
    auto timeout = sleep_time();
    if (deadline) {
      const auto left = std::chrono::ceil<Instant>(*deadline - std::chrono::steady_clock::now());
      if (left <= Instant{0}) break;
      timeout = timeout < Instant{0} ? left : std::min(timeout, left);
    }
    driver_wants_ = &signal;
    turn.unlock();
    waiter_.wait(timeout, loop_.is_urgent());
    wake_driver_.clear();
    turn.lock();
    driver_wants_ = nullptr;
  }
  const bool stopped = stopped_;
  if (!stopped) thread_.watch_socket();
  driven_ = false;
  let_thread_know();
  turn.unlock();
  return signal.is_set() || (stopped && signal.sleep_until(deadline));
}

void Driver::get_going() {
  if (!thread_.is_awake() && !loop_.expects_answers()) {
    if (const std::unique_lock turn{turn_, std::try_to_lock}; turn && !stopped_) {
      step();
      return let_thread_know();
    }
  }
  thread_.wake();
}

// ---- The own thread -------------------------------------------------------------------------------------------------

void Driver::run() noexcept {
  for (;;) {
    auto timeout = Instant{0};
    {
      const std::lock_guard turn{turn_};
      if (stopped_) return;
      step();
      timeout = sleep_time();
      // While answers are outstanding, one brings something to do soon, an acknowledgement: the thread that drives then
      // should not have to wake this one for each of them.
      if (loop_.expects_answers() && (timeout > kNap || timeout < Instant{0})) timeout = kNap;
      thread_.plan_sleep(timeout < Instant{0} ? kNever : proto::RealEnv::steady() + timeout);
    }
    thread_.sleep(timeout, [this] { return loop_.has_requests(); });
  }
}

// Another thread has driven: the own one must not sleep past the time that is due now, nor over what was left undone.
void Driver::let_thread_know() {
  if (more_)
    thread_.interrupt();
  else
    thread_.wake_by(loop_.next_wakeup());
}

// ---- With the turn --------------------------------------------------------------------------------------------------

void Driver::step() {
  more_ = loop_.step();
  wake_waiting_driver();
}

void Driver::wake_waiting_driver() {
  if (const auto* wanted = driver_wants_.load(); wanted != nullptr && wanted->is_set()) wake_driver_.signal();
}

Instant Driver::sleep_time() {
  if (more_) return Instant{0};
  const auto at = loop_.next_wakeup();
  return at == kNever ? Instant{-1} : std::max(Instant{0}, at - proto::RealEnv::steady());
}

}  // namespace forkmill::client
