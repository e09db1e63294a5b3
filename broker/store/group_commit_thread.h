// GroupCommitThread: runs a store on a thread of its own, with group commit: everything handed over while one commit is
// written becomes the next commit. Nothing waits for a timer.
//
// Threads: one other thread, the broker's loop, uses the object. fd() is readable when take() has news.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <vector>

#include "broker/store/requests.h"
#include "broker/store/store.h"
#include "broker/store/store_service.h"
#include "proto/os/service_thread.h"

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
  bool has_news() const { return thread_.has_news(); }
  int fd() const { return thread_.fd(); }

 private:
  void hand_over(StoreJob job);
  void run();
  // Waits for jobs and returns as many as one commit takes; none when StoreService has work without them, or when the
  // thread shall end.
  std::vector<StoreJob> next_jobs();
  void publish();  // with the lock held

  StoreService service_;  // used by the thread alone, once it runs

  proto::ServiceThread thread_;
  std::condition_variable idle_;
  std::vector<StoreJob> jobs_;  // guarded by the lock of thread_, as those below
  bool busy_ = false;
  News news_;
  StoreMeter meter_;
};

}  // namespace forkmill::broker
