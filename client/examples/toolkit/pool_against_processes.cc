// One hundred small tasks: first a process for each, then a pool of two processes, which forks no others.
#include <forkmill/local.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <numeric>
#include <optional>
#include <set>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

constexpr int kTasks = 100;

constexpr forkmill::Task<int(int)> kWork{"work"};
const forkmill::Registered kWorkHere{kWork, [](int) { return ::getpid(); }};

template <class F>
double seconds_of(F&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::set<int> with_processes() {
  std::vector<forkmill::Process> processes;
  for (int i = 0; i < kTasks; ++i) processes.emplace_back(kWork, i).start();
  join_all(processes);
  std::set<int> pids;
  for (const auto& process : processes) pids.insert(static_cast<int>(*process.pid()));
  return pids;
}

std::set<int> with_pool(forkmill::Pool& pool) {
  std::vector<int> numbers(kTasks);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto pids = pool.map(kWork, numbers);
  check(pids.size() == kTasks, "every task has a result");
  return {pids.begin(), pids.end()};
}

void report(const char* how, double seconds, double others) {
  std::printf("%-34s %6.1f ms: %3.0f times faster\n", how, seconds * 1e3, others / seconds);
}

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  forkmill::Process first{kWork, 0};  // the first use starts broker and worker
  first.start();
  first.join();

  std::set<int> many;
  const double slow = seconds_of([&] { many = with_processes(); });
  std::printf("%-34s %6.1f ms\n", "a process for each of 100 tasks:", slow * 1e3);
  check(many.size() == kTasks, "each task had a process of its own");

  std::optional<forkmill::Pool> pool;
  std::set<int> few;
  const double with_start = seconds_of([&] {
    pool.emplace(forkmill::PoolOptions{.processes = 2});
    few = with_pool(*pool);
  });
  report("a pool of two, its start included:", with_start, slow);
  report("the same pool again:", seconds_of([&] { few.merge(with_pool(*pool)); }), slow);
  check(!few.empty() && few.size() <= 2, "the pool did with two");
}
