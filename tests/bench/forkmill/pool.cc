// Pool of two on local:// beside one process per task: tiny tasks, in one program.
//
//     bench_pool [--tasks N] [--rounds N]
//     bench_pool --map N    one map() over N small numbers, with the chunks that it chooses and with one item a chunk
#include <forkmill/local.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/measure/measure.h"

namespace {

using namespace forkmill::bench;

constexpr forkmill::Task<int(int)> kSquare{"bench.square"};
const forkmill::Registered kSquareHere{kSquare, [](int n) { return n * n; }};
constexpr forkmill::Task<std::int64_t(std::int64_t)> kWideSquare{"bench.wide_square"};
const forkmill::Registered kWideSquareHere{kWideSquare, [](std::int64_t n) { return n * n; }};

double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

template <class F>
double time_of(F&& f) {
  const auto begin = Clock::now();
  f();
  return milliseconds(Clock::now() - begin);
}

// All are started, then all are joined.
double one_process_each(const std::vector<int>& numbers) {
  return time_of([&] {
    std::vector<forkmill::Process> processes;
    for (const int n : numbers) processes.emplace_back(kSquare, n).start();
    for (auto& process : processes) process.join();
  });
}

double by_pool(forkmill::Pool& pool, const std::vector<int>& numbers) {
  return time_of([&] { pool.map(kSquare, numbers); });
}

double by_apply(forkmill::Pool& pool, const std::vector<int>& numbers) {
  return time_of([&] {
    std::vector<forkmill::AsyncResult<int>> results;
    for (const int n : numbers) results.push_back(pool.apply_async(kSquare, n));
    for (const auto& result : results) result.get();
  });
}

double best_of(int rounds, const std::function<double()>& measure) {
  double best = measure();
  for (int i = 1; i < rounds; ++i) best = std::min(best, measure());
  return best;
}

// Rates of one map() over many numbers in a pool that runs already.
void measure_map(std::size_t items) {
  forkmill::Pool pool{{.processes = 2}};
  std::vector<std::int64_t> numbers(items);
  std::iota(numbers.begin(), numbers.end(), 0);
  pool.map(kWideSquare, std::vector<std::int64_t>(100, 1));
  const auto rate_of = [&](const std::string& name, std::size_t count, forkmill::ChunkSize chunk) {
    numbers.resize(count);
    std::vector<std::int64_t> squares;
    const double took = time_of([&] { squares = pool.map(kWideSquare, numbers, chunk); });
    report(name + ".items_per_s", static_cast<double>(count) * 1e3 / took);
    for (std::size_t i = 0; i < count; ++i) {
      if (squares[i] != numbers[i] * numbers[i]) throw std::runtime_error{"a wrong square"};
    }
  };
  rate_of("forkmill-pool-map", items, {});
  rate_of("forkmill-pool-map-chunk-of-1", items / 10, 1);
}

}  // namespace

int main(int argc, char** argv) try {
  const double birth = time_of([&] { forkmill::local_main(argc, argv); });
  int tasks = 100;
  int rounds = 5;
  std::size_t map_items = 0;
  CLI::App app{"Pool of two on local:// beside one process per task"};
  app.add_option("--tasks", tasks)->check(CLI::Range(1, 100'000));
  app.add_option("--rounds", rounds)->check(CLI::Range(1, 1000));
  app.add_option("--map", map_items, "measure one map() over this number of items instead")
      ->check(CLI::Range(10, 100'000'000));
  CLI11_PARSE(app, argc, argv);
  if (map_items > 0) {
    measure_map(map_items);
    return 0;
  }
  std::vector<int> numbers(static_cast<std::size_t>(tasks));
  std::iota(numbers.begin(), numbers.end(), 0);

  report("pool.local_main_ms", birth);
  report("pool.local_first_use_ms", time_of([] { forkmill::default_client(); }));
  one_process_each({1});  // the worker is there
  double with_start = 0;
  double map = 0;
  double apply = 0;
  {
    std::unique_ptr<forkmill::Pool> pool;
    with_start = time_of([&] {
      pool = std::make_unique<forkmill::Pool>(forkmill::PoolOptions{.processes = 2});
      pool->map(kSquare, numbers);
    });
    map = best_of(rounds, [&] { return by_pool(*pool, numbers); });
    apply = best_of(rounds, [&] { return by_apply(*pool, numbers); });
  }
  const double each = best_of(std::min(rounds, 3), [&] { return one_process_each(numbers); });
  report("pool.process_each_ms", each);
  report("pool.map_ms", map);
  report("pool.apply_async_ms", apply);
  report("pool.start_and_map_ms", with_start);
  report("pool.times_map", each / map);
  report("pool.times_apply_async", each / apply);
  report("pool.times_start_and_map", each / with_start);
  return 0;
} catch (const std::exception& error) {
  std::cerr << "bench_pool: " << error.what() << "\n";
  return 1;
}
