// Futures of an executor: results as they come, one task that fails, and those that are taken back at the end.
#include <forkmill/as_completed.h>
#include <forkmill/local.h>
#include <forkmill/process_pool_executor.h>

#include <chrono>
#include <iostream>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using namespace std::chrono_literals;

constexpr forkmill::Task<int(int)> kFactor{"smallest_factor"};
constexpr forkmill::Task<void(int)> kSleep{"sleep_for"};

int smallest_factor(int number) {
  if (number < 2) throw std::domain_error{std::to_string(number) + " has no factors"};
  int factor = 2;
  while (number % factor != 0) ++factor;
  return factor;
}
const forkmill::Registered kFunctions[] = {
    {kFactor, smallest_factor},
    {kSleep, [](int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds}); }},
};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  forkmill::ProcessPoolExecutor executor{{.max_workers = 2}};

  std::vector<forkmill::Future<int>> factors;
  for (const int number : {112'272'535, 1'099'726, 115'797'847}) factors.push_back(executor.submit(kFactor, number));
  int sum = 0;
  for (auto& factor : forkmill::as_completed(std::move(factors))) sum += factor.get();
  std::cout << "sum of the smallest factors: " << sum << "\n";
  check(sum == 5 + 2 + 11, "each future has its own result");

  auto wrong = executor.submit(kFactor, 1);
  try {
    wrong.get();
    check(false, "an exception of the function comes out of get()");
  } catch (const forkmill::RemoteError& error) {
    std::cout << error.type() << ": " << error.message() << "\n";
  }

  std::vector<int> in_order;
  for (const int factor : executor.map(kFactor, std::views::iota(2, 8))) in_order.push_back(factor);
  check(in_order == std::vector<int>{2, 3, 2, 5, 2, 7}, "map() gives the results in the order of the items");

  std::vector<forkmill::Future<void>> naps;
  for (int i = 0; i < 20; ++i) naps.push_back(executor.submit(kSleep, 100));
  executor.shutdown(true, true);  // cancels tasks that have not started
  int cancelled = 0;
  for (auto& nap : naps) cancelled += nap.successful() ? 0 : 1;
  std::cout << cancelled << " of " << naps.size() << " naps were cancelled\n";
  check(cancelled > 10 && cancelled < 20, "shutdown() takes back what has not started, and waits for the rest");
}
