// The line of a queue's tasks with a process of their own. It stands beside the queue's other tasks, which wait for
// credit, under a name that no peer can give.
#pragma once

#include <string>
#include <string_view>

namespace forkmill::broker {

inline constexpr std::string_view kProcessSuffix = "+process";

inline std::string process_queue(std::string_view queue) { return std::string{queue} + std::string{kProcessSuffix}; }

inline bool is_process_queue(std::string_view name) { return name.ends_with(kProcessSuffix); }

// The name that people gave.
inline std::string_view base_queue(std::string_view name) {
  if (is_process_queue(name)) name.remove_suffix(kProcessSuffix.size());
  return name;
}

}  // namespace forkmill::broker
