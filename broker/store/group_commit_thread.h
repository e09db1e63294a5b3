// GroupCommitThread: runs a store on a thread of its own, with group commit: everything handed over while one commit is
// written becomes the next commit. Nothing waits for a timer.
//
// Threads: one other thread, the broker's loop, uses the object. fd() is readable when take() has news.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "broker/store/requests.h"
#include "broker/store/store.h"
#include "broker/store/store_service.h"
#include "proto/os/wakeup.h"

namespace forkmill::broker {

class GroupCommitThread {
 public:
  // As StoreService.
  GroupCommitThread(std::unique_ptr<Store> store, std::uint64_t reserve);
  // Finishes everything that was handed over, then ends the thread.
  ~GroupCommitThread();
  GroupCommitThread(const GroupCommitThread&) = delete;
  GroupCommitThread& operator=(const GroupCommitThread&) = delete;

  void commit(std::vector<StoreOp> ops, proto::CommitSeq number);
  void ask(StoreRequest request);
  // Blocks until everything handed over is done, or the store has failed. A store that waits for its server gives up
  // after some seconds.
  void finish();

  struct News {
    proto::CommitSeq committed;  // the last commit that is safe
    std::vector<StoreAnswer> answers;
    bool disk_full = false;
    proto::Status status;  // a failure is final: the thread serves nothing more
  };
  News take();
  // Returns what the store has done so far.
  StoreMeter meter();
  // Returns whether take() may have news, without a system call.
  bool has_news() const { return announced_.load(std::memory_order_acquire); }
  int fd() const { return ready_.fd(); }

 private:
  void hand_over(StoreJob job);
  void run();
  // Waits for jobs and returns as many as one commit takes; none when StoreService has work without them, or when the
  // thread shall end.
  std::vector<StoreJob> next_jobs();
  void publish();  // with the mutex held

  StoreService service_;  // used by the thread alone, once it runs
  proto::Wakeup ready_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::vector<StoreJob> jobs_;  // guarded by mutex_, like the members up to `announced_`
  bool busy_ = false;
  bool stopping_ = false;
  News news_;
  StoreMeter meter_;
  std::atomic<bool> announced_{false};  // fd() is readable; changes with the mutex held

  std::thread thread_;
};

}  // namespace forkmill::broker
