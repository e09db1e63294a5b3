// Rules for the answers of a collector: what becomes of a batch, and when a batch is sent again. Pure.
#pragma once

#include <chrono>
#include <cstdint>

namespace forkmill::web::otlp {

enum class Fate : std::uint8_t {
  delivered,
  retry,     // the collector is away or has too much to do
  rejected,  // the collector would refuse the batch again
};

// status: of HTTP; 0: there was no answer.
Fate fate_of(long status);

// RetryBackoff: the pauses between the attempts to send one batch: 0.5 s, twice as long after each, 30 s at most,
// spread by a random part of up to a half.
class RetryBackoff {
 public:
  static constexpr std::chrono::milliseconds kFirst{500};
  static constexpr std::chrono::milliseconds kLongest{30'000};
  static constexpr std::chrono::seconds kLongestAsked{600};

  // Returns the next pause. retry_after: the least that the collector asks for, of which kLongestAsked is taken at
  // most. random: any number.
  std::chrono::milliseconds next(std::chrono::seconds retry_after, std::uint64_t random);
  // Call when a batch is delivered or given up.
  void reset() { pause_ = kFirst; }

 private:
  std::chrono::milliseconds pause_ = kFirst;
};

}  // namespace forkmill::web::otlp
