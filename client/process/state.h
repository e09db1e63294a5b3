// Process::State: one process, as its handles share it.
#pragma once

#include <forkmill/process.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/loans.h"

namespace forkmill {

struct Process::State {
  // Fixed before start()
  detail::Ref<detail::Origin> engine;  // null: the default client, at start()
  ProcessOptions options;
  bool daemon = false;
  std::string task;  // empty: the task of the registered class
  std::uint64_t signature = 0;
  std::string payload;
  std::uint32_t parent = 0;
  std::vector<std::shared_ptr<const void>> kept;  // handles of objects among the arguments

  mutable std::mutex mutex;  // guards all below
  bool closed = false;
  bool starting = false;                    // a thread is in start()
  int last_signal = 0;                      // the last one that was sent; 0: none
  detail::Ref<detail::RemoteState> result;  // set by start(), and not changed afterwards
  SharedFuture<RawResult> sentinel;
  detail::Signal settled;            // set once the process was forked, or has ended without
  std::optional<std::uint32_t> pid;  // empty: not forked
  std::string host;

  // Ends of pipes among the arguments of a process that was never started go nowhere.
  ~State() { client::take_back(client::remove_unsent_in(payload)); }

  bool ended() const { return result && result->ready(); }
};

}  // namespace forkmill
