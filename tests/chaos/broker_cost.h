// BrokerCost: what hostile peers cost a broker: the most memory that it had, and the lines that it logged. Times are
// microseconds, as now_us() returns them.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/chaos/journal.h"

namespace forkmill::chaos {

class BrokerCost {
 public:
  static constexpr std::size_t kMemoryLimit = std::size_t{1} << 30;  // --memory-limit of the broker
  // Above its limit a broker takes nothing in; what it sends and stores may need some memory more.
  static constexpr std::size_t kMostMemory = kMemoryLimit + kMemoryLimit / 4;
  static constexpr std::size_t kLinesPerSecond = 10;

  // Looks at the memory of the broker; call often.
  void look(pid_t broker);
  // Returns what was too much, for people. `log`: the file of the broker's log, all of it.
  std::vector<std::string> too_much(const std::string& log) const;
  // Returns what there was so far, for people.
  std::string text(const std::string& log) const;

 private:
  static std::size_t lines_of(const std::string& log);

  const std::int64_t began_ = now_us();
  std::size_t most_memory_ = 0;
};

}  // namespace forkmill::chaos
