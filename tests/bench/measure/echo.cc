#include "tests/bench/measure/echo.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/bench/measure/child.h"
#include "tests/eventually.h"

namespace forkmill::bench {

namespace {

using namespace std::chrono_literals;

// Numbered tasks of one client.
class Stream {
 public:
  Stream(EchoClient& client, std::size_t bytes, std::uint32_t sleep_us = 0)
      : client_{client}, tally_{bytes, sleep_us} {}

  void fill(std::uint64_t window) {
    while (tally_.outstanding() < window) client_.submit(tally_.next());
  }
  // Waits for at least one result. Returns their number.
  std::uint64_t collect() {
    const auto before = tally_.complete();
    client_.collect([this](std::string_view payload) { tally_.take(payload); });
    return tally_.complete() - before;
  }
  void drain() {
    while (tally_.outstanding() > 0) collect();
    tally_.check();
  }

 private:
  EchoClient& client_;
  Tally tally_;
};

void measure_one_client(const EchoOptions& options, const Connect& connect, const CpuParts& parts) {
  const auto client = connect(0);
  Stream stream{*client, options.bytes};
  Meter meter{Seconds{options.warm_up}, Seconds{options.seconds}, parts};
  while (!meter.done()) {
    stream.fill(options.window);
    meter.add(stream.collect());
  }
  meter.report_as(options.name);
  stream.drain();
}

// Board: memory that the client processes share with the process that measures.
struct Board {
  static constexpr std::size_t kMaxClients = 1'024;
  std::atomic<bool> stop{false};
  struct alignas(64) Count {
    std::atomic<std::uint64_t> complete{0};
  };
  Count counts[kMaxClients];

  std::uint64_t sum() const {
    std::uint64_t all = 0;
    for (const auto& count : counts) all += count.complete.load(std::memory_order_relaxed);
    return all;
  }
};

struct Unmap {
  void operator()(Board* board) const { munmap(board, sizeof *board); }
};
std::unique_ptr<Board, Unmap> shared_board() {
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc{};
  return std::unique_ptr<Board, Unmap>{new (memory) Board};
}

int run_client(const EchoOptions& options, const Connect& connect, Board& board, int number) try {
  const auto client = connect(number);
  Stream stream{*client, options.bytes};
  const auto window = std::max<std::uint64_t>(1, options.window / static_cast<std::uint64_t>(options.clients));
  auto& count = board.counts[number].complete;
  while (!board.stop.load(std::memory_order_relaxed)) {
    stream.fill(window);
    count.fetch_add(stream.collect(), std::memory_order_relaxed);
  }
  stream.drain();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: client %d: %s\n", options.name.c_str(), number, error.what());
  return 1;
}

void await_all(const Board& board, int clients) {
  const bool all_work = tests::eventually(
      [&] {
        return std::all_of(board.counts, board.counts + clients, [](const auto& count) { return count.complete > 0; });
      },
      60s);
  if (!all_work) throw std::runtime_error{"a client got no result within a minute"};
}

void measure_clients(const EchoOptions& options, const Connect& connect, const CpuParts& parts) {
  const auto board = shared_board();
  std::vector<Child> clients;
  for (int i = 0; i < options.clients; ++i) {
    clients.push_back(Child::function([&, i] { return run_client(options, connect, *board, i); }));
  }
  await_all(*board, options.clients);
  Meter meter{Seconds{options.warm_up}, Seconds{options.seconds}, parts};
  for (auto seen = board->sum(); !meter.done();) {
    std::this_thread::sleep_for(1ms);
    const auto sum = board->sum();
    meter.add(sum - std::exchange(seen, sum));
  }
  meter.report_as(options.name);
  board->stop = true;
  for (auto& client : clients) {
    if (client.wait() != 0) throw std::runtime_error{"a client failed"};
  }
}

void measure_latency_of(const EchoOptions& options, const Connect& connect) {
  const auto client = connect(0);
  Stream stream{*client, options.bytes};
  measure_latency(options.name, options.samples / 10, options.samples, [&] {
    stream.fill(1);
    stream.collect();
  });
  stream.drain();
}

// Keeps `tasks` workers busy until it is ended.
int occupy(const EchoOptions& options, const Connect& connect, std::uint64_t tasks) try {
  const auto client = connect(1);
  Stream stream{*client, kEchoBytes, static_cast<std::uint32_t>(options.long_ms) * 1'000};
  for (;;) {
    stream.fill(tasks);
    stream.collect();
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: long tasks: %s\n", options.name.c_str(), error.what());
  return 1;
}

void measure_mixed(const EchoOptions& options, const Connect& connect) {
  if (options.workers < 2) throw std::runtime_error{"mixed needs at least two workers"};
  auto occupier =
      Child::function([&] { return occupy(options, connect, static_cast<std::uint64_t>(options.workers) - 1); });
  const auto client = connect(0);
  Stream stream{*client, options.bytes};
  std::vector<double> taken;
  const auto from = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds{options.warm_up});
  const auto until = from + std::chrono::duration_cast<Clock::duration>(Seconds{options.seconds});
  for (auto start = Clock::now(); start < until;) {
    stream.fill(1);
    stream.collect();
    const auto end = Clock::now();
    if (start >= from) taken.push_back(std::chrono::duration<double, std::micro>(end - start).count());
    start = end;
  }
  if (!occupier.running()) throw std::runtime_error{"the long tasks failed"};
  if (taken.empty()) throw std::runtime_error{"no short task ended"};
  const auto result = quantiles(std::move(taken));
  report(options.name + ".short_p50_us", result.p50);
  report(options.name + ".short_p99_us", result.p99);
  stream.drain();
}

}  // namespace

bool EchoOptions::wants(std::string_view measurement) const {
  return std::ranges::find(what, measurement) != what.end();
}

void add_echo_options(CLI::App& app, EchoOptions& options, const std::vector<std::string>& further) {
  std::vector<std::string> all{"throughput", "latency", "mixed"};
  all.insert(all.end(), further.begin(), further.end());
  app.add_option("what", options.what, "what to measure")->check(CLI::IsMember(all))->capture_default_str();
  app.add_option("--name", options.name, "prefix of the figures")->capture_default_str();
  app.add_option("--seconds", options.seconds, "measuring time of throughput and mixed")->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "seconds before it")->capture_default_str();
  app.add_option("--window", options.window, "tasks outstanding, over all clients")->capture_default_str();
  app.add_option("--bytes", options.bytes, "payload")->capture_default_str()->check(CLI::Range(kEchoBytes, 1UL << 26));
  app.add_option("--workers,--processes", options.workers, "worker processes")->capture_default_str();
  app.add_option("--clients", options.clients, "client processes; 1: this one")
      ->capture_default_str()
      ->check(CLI::Range(1, static_cast<int>(Board::kMaxClients)));
  app.add_option("--samples", options.samples, "round trips of latency")->capture_default_str();
  app.add_option("--long-ms", options.long_ms, "duration of the long tasks of mixed")->capture_default_str();
}

void measure_echo(const EchoOptions& options, const Connect& connect, const CpuParts& parts) {
  if (options.wants("throughput")) {
    if (options.clients == 1)
      measure_one_client(options, connect, parts);
    else
      measure_clients(options, connect, parts);
  }
  if (options.wants("latency")) measure_latency_of(options, connect);
  if (options.wants("mixed")) measure_mixed(options, connect);
}

}  // namespace forkmill::bench
