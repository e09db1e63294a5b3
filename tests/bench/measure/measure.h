// Shared by all benchmarks: the clock, quantiles, CPU time and memory of whole process trees, and the output
// format. A benchmark prints one "key<TAB>value" line per figure on stdout; tests/bench/run takes medians over several
// runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forkmill::bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

inline constexpr std::size_t kEchoBytes = 64;  // payload of an echo task

// Prints one figure and flushes.
void report(std::string_view key, double value);

struct Quantiles {
  double p50 = 0;
  double p99 = 0;
  double max = 0;
};
// Nearest-rank quantiles. REQUIRES: at least one sample.
Quantiles quantiles(std::vector<double> samples);

// User plus system time in seconds that `root` and all its living descendants have used, including children they have
// already waited for. As precise as threads_of(), but a tick of 10 ms for what has ended.
double cpu_seconds_of_tree(pid_t root);

// CPU time in seconds that parts of a system have used so far, by the name of the part.
using CpuParts = std::function<std::vector<std::pair<std::string, double>>()>;
struct ThreadTime {
  pid_t id = 0;
  std::string name;  // as the kernel has it
  double seconds = 0;
};
// CPU time of each thread of a process; none when it is gone. Precise to about a millisecond where the kernel has
// schedstat, else to a tick of 10 ms.
std::vector<ThreadTime> threads_of(pid_t pid);
// All threads of these processes.
double cpu_seconds_of(const std::vector<pid_t>& pids);
// The usual parts: `client` is this process, with the clients that it has forked and that neither server nor worker is.
CpuParts parts_of(pid_t server, std::vector<pid_t> workers);

// Every living descendant of `root`, itself first.
std::vector<pid_t> process_tree(pid_t root);

struct Memory {
  std::size_t rss_kib = 0;   // now
  std::size_t peak_kib = 0;  // VmHWM: the most since the program started
};
// Zeros when the process is gone.
Memory memory_of(pid_t pid);

// Tasks per second and CPU time per task, between the end of a warm-up and the end of the measuring time.
// Not thread-safe: one thread counts.
class Meter {
 public:
  Meter(Seconds warm_up, Seconds duration, CpuParts parts = {});

  // `count` more tasks are complete. The clock is read about once in 64 tasks, so that counting costs next to nothing.
  void add(std::uint64_t count) {
    total_ += count;
    if (total_ >= next_look_) look();
  }
  bool done() const { return done_; }
  // PREFIX.tasks_per_s, PREFIX.cpu_us_per_task, and PREFIX.cpu_us.PART for each part
  void report_as(std::string_view prefix) const;

 private:
  void look();

  Clock::time_point begin_;
  Clock::time_point end_;
  Clock::time_point measured_from_{};
  std::uint64_t total_ = 0;
  std::uint64_t next_look_ = 0;
  std::uint64_t total_before_ = 0;
  double cpu_before_ = 0;
  double tasks_per_second_ = 0;
  double cpu_us_per_task_ = 0;
  CpuParts parts_;
  std::vector<std::pair<std::string, double>> part_seconds_;  // since the end of the warm-up, in the end
  double measured_tasks_ = 0;
  bool measuring_ = false;
  bool done_ = false;
};

// Round trips one after the other: `round_trip()` is called `warm_up` times, then timed `samples` times.
// Reports PREFIX.p50_us, PREFIX.p99_us.
template <class F>
void measure_latency(std::string_view prefix, int warm_up, int samples, F round_trip) {
  std::vector<double> taken;
  taken.reserve(static_cast<std::size_t>(samples));
  for (int i = 0; i < warm_up + samples; ++i) {
    const auto start = Clock::now();
    round_trip();
    if (i >= warm_up) taken.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  const auto result = quantiles(std::move(taken));
  report(std::string{prefix} + ".p50_us", result.p50);
  report(std::string{prefix} + ".p99_us", result.p99);
}

}  // namespace forkmill::bench
