// Echo payloads that carry a number, so that a result that is another task's, came twice or not at all is seen.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/bench/measure.h"

namespace forkmill::bench {

inline std::string payload_for(std::uint64_t number) {
  std::string payload(kEchoBytes, 'x');
  std::memcpy(payload.data(), &number, sizeof number);
  return payload;
}

// Throws std::runtime_error unless it is payload_for(number).
inline void expect(std::string_view payload, std::uint64_t number) {
  if (payload != payload_for(number)) throw std::runtime_error{"a task came back with another task's result"};
}

// Numbered payloads that were sent, and came back in any order. Not thread-safe.
class Tally {
 public:
  std::string next() {
    sum_sent_ += sent_;
    return payload_for(sent_++);
  }
  void take(std::string_view payload) {
    if (payload.size() != kEchoBytes) throw std::runtime_error{"a result of the wrong size came back"};
    std::uint64_t number = 0;
    std::memcpy(&number, payload.data(), sizeof number);
    sum_complete_ += number;
    ++complete_;
  }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t complete() const { return complete_; }
  std::uint64_t outstanding() const { return sent_ - complete_; }
  // Once nothing is outstanding: throws std::runtime_error unless what came back is what was sent.
  void check() const {
    if (sent_ != complete_ || sum_sent_ != sum_complete_) throw std::runtime_error{"results were mixed up"};
  }

 private:
  std::uint64_t sent_ = 0;
  std::uint64_t complete_ = 0;
  std::uint64_t sum_sent_ = 0;
  std::uint64_t sum_complete_ = 0;
};

}  // namespace forkmill::bench
