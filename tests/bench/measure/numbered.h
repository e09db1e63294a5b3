// Payloads that carry a number, so that a result that is wrong, another task's, or comes twice or not at all is seen.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "tests/bench/measure/measure.h"

namespace forkmill::bench {

// Layout: the number in 8 bytes, the time that the worker sleeps in 4, then x, and the number again in the last 8.
inline void number_payload(std::string& payload, std::uint64_t number) {
  std::memcpy(payload.data(), &number, sizeof number);
  std::memcpy(payload.data() + payload.size() - sizeof number, &number, sizeof number);
}
inline std::string payload_for(std::uint64_t number, std::size_t bytes = kEchoBytes, std::uint32_t sleep_us = 0) {
  std::string payload(bytes, 'x');
  std::memcpy(payload.data() + sizeof number, &sleep_us, sizeof sleep_us);
  number_payload(payload, number);
  return payload;
}

// Throws std::runtime_error unless it is payload_for(number).
inline void expect(std::string_view payload, std::uint64_t number) {
  if (payload != payload_for(number)) throw std::runtime_error{"a task came back with another task's result"};
}

// Sleeps for the time that the payload names. The handler of every system calls this before it returns the payload.
inline void work_on(std::string_view payload) {
  std::uint32_t sleep_us = 0;
  std::memcpy(&sleep_us, payload.data() + sizeof(std::uint64_t), sizeof sleep_us);
  if (sleep_us > 0) std::this_thread::sleep_for(std::chrono::microseconds{sleep_us});
}

// Numbered payloads that were sent, and came back in any order. Not thread-safe.
class Tally {
 public:
  explicit Tally(std::size_t bytes = kEchoBytes, std::uint32_t sleep_us = 0)
      : next_{payload_for(0, bytes, sleep_us)}, expected_{next_} {}

  // The next payload to send; valid until the next call.
  const std::string& next() {
    number_payload(next_, sent_++);
    seen_.push_back(false);
    return next_;
  }
  // Throws std::runtime_error unless it is a payload that was sent and has not come back, byte for byte.
  void take(std::string_view payload) {
    if (payload.size() != expected_.size()) throw std::runtime_error{"a result of the wrong size came back"};
    std::uint64_t number = 0;
    std::memcpy(&number, payload.data(), sizeof number);
    number_payload(expected_, number);
    if (payload != expected_) throw std::runtime_error{"a result with wrong bytes came back"};
    if (number >= sent_ || number < first_ || seen_[number - first_])
      throw std::runtime_error{"a result came twice, or belongs to no task"};
    seen_[number - first_] = true;
    ++complete_;
    for (; !seen_.empty() && seen_.front(); ++first_) seen_.pop_front();
  }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t complete() const { return complete_; }
  std::uint64_t outstanding() const { return sent_ - complete_; }
  // Throws std::runtime_error unless every payload that was sent has come back.
  void check() const {
    if (outstanding() != 0) throw std::runtime_error{"results are missing"};
  }

 private:
  std::string next_;
  std::string expected_;
  std::uint64_t sent_ = 0;
  std::uint64_t complete_ = 0;
  std::uint64_t first_ = 0;  // all before it have come back
  std::deque<bool> seen_;    // from `first_` on
};

}  // namespace forkmill::bench
