// Measures what it costs when clients watch the events of a busy broker, and whether a client that reads too slowly
// learns of each event that it is not told. Rates are taken in turns, unwatched and watched, at one broker in memory.
//
//     bench_watch [--seconds S] [--turns N]
#include <forkmill/client.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/bench/forkmill/cluster.h"
#include "tests/bench/forkmill/tasks.h"
#include "tests/bench/measure/measure.h"
#include "tests/bench/measure/numbered.h"

namespace {

using namespace forkmill::bench;
using namespace std::chrono_literals;

constexpr std::size_t kChunk = 5'000;

// The position in a cursor, which counts all events of the broker.
std::uint64_t position_of(const std::string& cursor) {
  const auto at = cursor.rfind('-');
  std::uint64_t position = 0;
  const char* begin = cursor.data() + (at == std::string::npos ? cursor.size() : at + 1);
  const char* end = cursor.data() + cursor.size();
  if (begin == end || std::from_chars(begin, end, position).ptr != end)
    throw std::runtime_error{"a cursor without a position: " + cursor};
  return position;
}

// The events of a stream from its beginning to its end.
struct Account {
  std::uint64_t happened = 0;  // by the cursors
  std::uint64_t told = 0;
  std::uint64_t missed = 0;  // as the stream says

  std::uint64_t unaccounted() const { return happened - told - missed; }
};

// Reads all events, on a thread with a client of its own, and waits after each one.
class Watcher {
 public:
  Watcher(const std::string& endpoint, std::chrono::microseconds pause)
      : client_{endpoint}, events_{client_.events()}, pause_{pause} {
    if (!events_.begin_within(10s)) throw std::runtime_error{"the broker does not tell where the events begin"};
    begin_ = position_of(events_.cursor());
    thread_ = std::thread{[this] { run(); }};
  }
  ~Watcher() { join(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  Account stop() {
    join();
    if (!failure_.empty()) throw std::runtime_error{"a stream of events: " + failure_};
    account_.happened = position_of(events_.cursor()) - begin_;
    return account_;
  }

 private:
  void join() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  void run() {
    try {
      while (!stopping_) {
        const auto event = events_.next_for(50ms);
        if (!event) continue;
        if (event->kind == forkmill::TaskEventKind::missed)
          account_.missed += event->missed.end - event->missed.first;
        else
          ++account_.told;
        if (pause_.count() > 0) std::this_thread::sleep_for(pause_);
      }
    } catch (const std::exception& error) {
      failure_ = error.what();
    }
  }

  forkmill::Client client_;
  forkmill::EventStream events_;
  const std::chrono::microseconds pause_;
  std::uint64_t begin_ = 0;
  std::atomic<bool> stopping_{false};
  Account account_{};      // belongs to the thread, until it has ended
  std::string failure_{};  // the same
  std::thread thread_{};
};

struct Load {
  double tasks_per_s = 0;
  double broker_us_per_task = 0;
};

// Keeps two chunks of tasks outstanding, and checks each result.
class Submitter {
 public:
  explicit Submitter(const Cluster& cluster) : client_{cluster.endpoint()}, broker_{cluster.broker_pid()} {
    for (std::size_t i = 0; i < kChunk; ++i) payloads_.push_back(payload_for(i));
    ahead_ = client_.map(kEcho, payloads_);
  }

  Load run(Seconds duration) {
    const double cpu_before = cpu_seconds_of({broker_});
    const auto begin = Clock::now();
    std::uint64_t tasks = 0;
    while (Clock::now() - begin < duration) {
      auto current = std::exchange(ahead_, client_.map(kEcho, payloads_));
      for (std::size_t i = 0; i < current.size(); ++i) expect(std::move(current[i]).get(), i);
      tasks += current.size();
    }
    const auto count = static_cast<double>(tasks);
    return {count / Seconds{Clock::now() - begin}.count(), 1e6 * (cpu_seconds_of({broker_}) - cpu_before) / count};
  }

  void finish() {
    for (auto& future : ahead_) static_cast<void>(future.get());
  }

 private:
  forkmill::Client client_;
  const pid_t broker_;
  std::vector<std::string> payloads_{};
  std::vector<forkmill::Future<std::string>> ahead_{};
};

double median(std::vector<double> values) { return quantiles(std::move(values)).p50; }

void measure(Seconds duration, int turns) {
  const Cluster cluster{Programs{}, ""};
  const auto pool = cluster.pool(2);
  Submitter submitter{cluster};
  submitter.run(duration / 2);  // warms up
  std::vector<double> unwatched_rates, watched_rates, unwatched_us, watched_us, events_per_s, missed_shares;
  std::uint64_t unaccounted = 0;
  double mib_before = 0;
  double mib_watched = 0;
  for (int turn = 0; turn < turns; ++turn) {
    const Load alone = submitter.run(duration);
    if (turn == 0) mib_before = static_cast<double>(memory_of(cluster.broker_pid()).rss_kib) / 1024;
    Watcher quick{cluster.endpoint(), 0us};
    Watcher slow{cluster.endpoint(), 100us};
    const auto begin = Clock::now();
    const Load watched = submitter.run(duration);
    mib_watched = std::max(mib_watched, static_cast<double>(memory_of(cluster.broker_pid()).rss_kib) / 1024);
    const Account of_slow = slow.stop();
    const Seconds took = Clock::now() - begin;
    const Account of_quick = quick.stop();
    unaccounted += of_slow.unaccounted() + of_quick.unaccounted();
    unwatched_rates.push_back(alone.tasks_per_s);
    unwatched_us.push_back(alone.broker_us_per_task);
    watched_rates.push_back(watched.tasks_per_s);
    watched_us.push_back(watched.broker_us_per_task);
    events_per_s.push_back(static_cast<double>(of_quick.happened) / took.count());
    missed_shares.push_back(100 * static_cast<double>(of_slow.missed) / static_cast<double>(of_slow.happened));
  }
  submitter.finish();
  if (median(missed_shares) <= 0) throw std::runtime_error{"the slow reader has missed nothing: it was not too slow"};
  report("events.unwatched_tasks_per_s", median(unwatched_rates));
  report("events.tasks_per_s", median(watched_rates));
  report("events.unwatched_broker_us", median(unwatched_us));
  report("events.broker_us", median(watched_us));
  report("events.per_s", median(events_per_s));
  report("events.missed_percent", median(missed_shares));
  report("events.unaccounted", static_cast<double>(unaccounted));
  report("events.broker_mib", mib_watched - mib_before);
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"What it costs when clients watch the events of a busy broker"};
  double seconds = 3;
  int turns = 3;
  app.add_option("--seconds", seconds, "measuring time of one rate")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--turns", turns, "how often it is measured")->check(CLI::Range(1, 1000))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  measure(Seconds{seconds}, turns);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_watch: %s\n", error.what());
  return 1;
}
