// Four naps in a pool of four processes: with apply() one after the other, with apply_async() side by side.
#include <forkmill/local.h>
#include <forkmill/pool.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using namespace std::chrono_literals;
using Nap = std::pair<std::int64_t, std::int64_t>;  // from, to: nanoseconds of the clock of this machine
using std::chrono::steady_clock;

constexpr int kNaps = 4;

constexpr forkmill::Task<Nap(int)> kSleep{"sleep"};

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

Nap take_nap(int milliseconds) {
  const auto from = now();
  std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
  return {from, now()};
}
const forkmill::Registered kSleepHere{kSleep, take_nap};

// Returns how many naps begin before another one is over.
int overlaps(std::vector<Nap> naps) {
  std::ranges::sort(naps);
  int count = 0;
  for (std::size_t i = 1; i < naps.size(); ++i) count += naps[i].first < naps[i - 1].second ? 1 : 0;
  return count;
}

template <class F>
std::vector<Nap> naps_of(const char* how, F&& take) {
  const auto start = steady_clock::now();
  auto naps = take();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start);
  std::cout << how << ": " << naps.size() << " naps in " << ms.count() << " ms, " << overlaps(naps)
            << " began while another was taken\n";
  return naps;
}

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  forkmill::Pool pool{{.processes = kNaps}};
  const auto one_by_one = naps_of("apply      ", [&] {
    std::vector<Nap> naps(kNaps);
    for (auto& nap : naps) nap = pool.apply(kSleep, 300);
    return naps;
  });
  const auto side_by_side = naps_of("apply_async", [&] {
    std::vector<forkmill::AsyncResult<Nap>> results;
    results.reserve(kNaps);
    for (int i = 0; i < kNaps; ++i) results.push_back(pool.apply_async(kSleep, 300));
    std::vector<Nap> naps;
    naps.reserve(kNaps);
    for (const auto& result : results) naps.push_back(result.get());
    return naps;
  });
  check(overlaps(one_by_one) == 0, "apply() waits for each");
  check(overlaps(side_by_side) > 0, "apply_async() does not");
}
