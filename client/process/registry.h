// ProcessRegistry: the processes that this program has started and whose end has not been noticed yet. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "client/process/state.h"

namespace forkmill::client {

class ProcessRegistry {
 public:
  using Entry = std::shared_ptr<Process::State>;

  static ProcessRegistry& instance();

  void add(const Entry& process);
  void forget_ended();
  std::vector<Entry> all();
  // Waits for the end of all processes that are no daemons.
  void join_all();
  // Numbers for names: 1, 2, …
  unsigned next_number();

 private:
  void check_fork();  // the caller holds mutex_

  std::mutex mutex_;
  std::vector<Entry> entries_;
  unsigned forks_ = 0;  // fork_count() when the entries were last looked at
  unsigned last_number_ = 0;
  bool joins_at_exit_ = false;
};

}  // namespace forkmill::client
