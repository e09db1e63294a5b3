// The process tasks of a queue (TaskOptions::process) wait in a queue of their own, apart from its other tasks, because
// they need no credit. Its name cannot collide with that of a queue of users: no peer can send it.
#pragma once

#include <string>
#include <string_view>

namespace forkmill::broker {

inline constexpr std::string_view kProcessSuffix = "+process";

inline std::string process_queue(std::string_view queue) { return std::string{queue} + std::string{kProcessSuffix}; }

inline bool is_process_queue(std::string_view name) { return name.ends_with(kProcessSuffix); }

// Returns the queue's name as users gave it.
inline std::string_view base_queue(std::string_view name) {
  if (is_process_queue(name)) name.remove_suffix(kProcessSuffix.size());
  return name;
}

}  // namespace forkmill::broker
