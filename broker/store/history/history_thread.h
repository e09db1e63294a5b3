// HistoryThread: keeps the history of finished tasks on a thread of its own. What is handed over is written a moment
// later, together with what comes until then; searches are answered after all that was handed over before them.
//
// Threads: one other thread, the broker's loop, uses the object; none of the calls waits for the disk, but the
// destructor. fd() is readable when take() has news.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "broker/store/history/history_keeper.h"
#include "broker/store/history_meter.h"
#include "broker/store/requests.h"
#include "proto/os/wakeup.h"

namespace forkmill::broker {

class HistoryThread {
 public:
  // Memory of the tasks that wait for the thread. Beyond it they are dropped.
  static constexpr std::size_t kMaxWaiting = 64 * 1024 * 1024;

  explicit HistoryThread(HistoryOptions options);
  // Writes what was handed over, then ends the thread.
  ~HistoryThread();
  HistoryThread(const HistoryThread&) = delete;
  HistoryThread& operator=(const HistoryThread&) = delete;

  // Leaves `tasks` empty. The finished tasks that do not fit are dropped and counted.
  void add(std::vector<FinishedTask>& tasks);
  // `request.what` is a HistoryRequest.
  void ask(StoreRequest request);

  struct News {
    std::vector<StoreAnswer> answers;
    std::string warning;  // for the log; at most one a minute
  };
  News take();
  HistoryMeter meter();
  // Returns whether take() may have news, without a system call.
  bool has_news() const { return announced_.load(std::memory_order_acquire); }
  int fd() const { return ready_.fd(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Jobs {
    std::vector<FinishedTask> tasks;
    std::vector<StoreRequest> requests;
    std::uint64_t dropped = 0;
    std::size_t bytes = 0;  // memory of `tasks`
  };

  void run();
  // Waits for jobs, or until there is something else to do. Returns false at the end.
  bool wait(Jobs& jobs);
  void work(Jobs& jobs);
  void publish(std::vector<StoreAnswer> answers);

  HistoryKeeper keeper_;  // used by the thread alone, once it runs
  struct Plan {
    bool more_to_trim = true;
    Clock::time_point trim_at{};
    Clock::time_point sync_at{};
  };
  Plan plan_;
  proto::Wakeup ready_;

  std::mutex mutex_;
  std::condition_variable work_;
  Jobs jobs_;  // guarded by mutex_, like the members up to `announced_`
  Clock::time_point first_came_{};
  bool stopping_ = false;
  News news_;
  HistoryMeter meter_;
  std::atomic<bool> announced_{false};  // fd() is readable; changes with the mutex held

  std::thread thread_;
};

}  // namespace forkmill::broker
