// CoreMeter: the CPU time that the rules of brokers take, for measurements (shards/fleet.h).
#pragma once

#include <ctime>

#include <chrono>

namespace forkmill::sim {

struct CoreMeter {
  bool is_on = false;
  std::chrono::nanoseconds cpu{0};

  // Span: counts its own life.
  class Span {
   public:
    explicit Span(CoreMeter* meter) : meter_{meter != nullptr && meter->is_on ? meter : nullptr} {
      if (meter_ != nullptr) meter_->cpu -= now();
    }
    ~Span() {
      if (meter_ != nullptr) meter_->cpu += now();
    }
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;

   private:
    static std::chrono::nanoseconds now() {
      timespec time{};
      ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
    }
    CoreMeter* const meter_;
  };
};

}  // namespace forkmill::sim
