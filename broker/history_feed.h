// HistoryFeed: what the loop does for the history of finished tasks: keeps the ends of a round until they are safe, so
// that a crash takes none of them back, hands them to the thread of the history, and brings its answers. No error of
// the history reaches the broker. One thread owns it.
#pragma once

#include <spdlog/logger.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "broker/store/history/history_thread.h"
#include "proto/ids.h"

namespace forkmill::broker {

class HistoryFeed {
 public:
  HistoryFeed(HistoryOptions options, std::shared_ptr<spdlog::logger> log)
      : thread_{std::move(options)}, log_{std::move(log)} {}

  // Takes the tasks that have ended in a round. `after`: the commit that makes their ends safe; 0: they are.
  void add(std::vector<FinishedTask> tasks, proto::CommitSeq after, proto::CommitSeq safe);
  // All commits up to that one are safe.
  void release(proto::CommitSeq safe);
  void ask(StoreRequest request) { thread_.ask(std::move(request)); }

  int fd() const { return thread_.fd(); }
  // Returns the answers since the last call, and logs what is wrong.
  std::vector<StoreAnswer> take_answers();
  HistoryMeter meter();

 private:
  struct Held {
    std::vector<FinishedTask> tasks;
    std::size_t bytes;  // memory of the tasks
    proto::CommitSeq after;
  };

  HistoryThread thread_;
  std::shared_ptr<spdlog::logger> log_;
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace forkmill::broker
