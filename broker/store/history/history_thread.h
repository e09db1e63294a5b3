// HistoryThread: keeps the history of finished tasks on a thread of its own. What is handed over is written a moment
// later, together with what comes until then; searches are answered after all that was handed over before them.
//
// Threads: one other thread, the broker's loop, uses the object; none of the calls waits for the disk, but the
// destructor. fd() is readable when take() has news.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "broker/store/history/history_keeper.h"
#include "broker/store/history_meter.h"
#include "broker/store/requests.h"
#include "proto/os/service_thread.h"

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
  bool has_news() const { return thread_.has_news(); }
  int fd() const { return thread_.fd(); }

 private:
  using Clock = proto::ServiceThread::Clock;
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

  proto::ServiceThread thread_;
  Jobs jobs_;  // guarded by the lock of thread_, as those below
  Clock::time_point first_came_{};
  News news_;
  HistoryMeter meter_;
};

}  // namespace forkmill::broker
