#include "tests/chaos/broker_cost.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/bench/measure/measure.h"

namespace forkmill::chaos {

void BrokerCost::look(pid_t broker) {
  constexpr std::size_t kKib = 1024;
  if (broker > 0) most_memory_ = std::max(most_memory_, bench::memory_of(broker).peak_kib * kKib);
}

std::size_t BrokerCost::lines_of(const std::string& log) {
  std::ifstream file{log};
  return static_cast<std::size_t>(
      std::count(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}, '\n'));
}

std::string BrokerCost::text(const std::string& log) const {
  return "the broker had " + std::to_string(most_memory_ >> 20) + " MiB at most, and has logged " +
         std::to_string(lines_of(log)) + " lines";
}

std::vector<std::string> BrokerCost::too_much(const std::string& log) const {
  std::vector<std::string> found;
  if (most_memory_ > kMostMemory)
    found.push_back("the broker had " + std::to_string(most_memory_ >> 20) + " MiB of memory; its --memory-limit is " +
                    std::to_string(kMemoryLimit >> 20) + " MiB");
  const std::size_t lines = lines_of(log);
  const auto seconds = static_cast<std::size_t>((now_us() - began_) / 1'000'000) + 1;
  if (lines > kLinesPerSecond * seconds)
    found.push_back("the broker logged " + std::to_string(lines) + " lines in " + std::to_string(seconds) +
                    " seconds; at most " + std::to_string(kLinesPerSecond) + " a second are allowed");
  return found;
}

}  // namespace forkmill::chaos
