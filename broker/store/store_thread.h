// StoreThread: runs a store on a thread of its own, with group commit: everything handed over while one commit is
// written becomes the next commit. Nothing waits for a timer.
//
// Threads: one other thread, the broker's loop, uses the object. fd() is readable when take() has news.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "broker/store/requests.h"
#include "broker/store/store.h"
#include "proto/os/wakeup.h"

namespace forkmill::broker {

class StoreThread {
 public:
  // `store` is open and loaded. The disk counts as full while it has less than `reserve` bytes free, and until it has a
  // quarter more than that again.
  StoreThread(std::unique_ptr<Store> store, std::uint64_t reserve);
  // Finishes everything that was handed over, then ends the thread.
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  void commit(std::vector<StoreOp> ops, proto::CommitSeq number);
  void ask(StoreRequest request);
  // Blocks until everything handed over is done, or the store has failed.
  void finish();

  struct News {
    proto::CommitSeq committed;  // the last commit that is safe
    std::vector<StoreAnswer> answers;
    bool disk_full = false;
    proto::Status status;  // a failure is final: the thread serves nothing more
  };
  News take();
  // Returns whether take() may have news, without a system call.
  bool has_news() const { return announced_.load(std::memory_order_acquire); }
  int fd() const { return ready_.fd(); }

 private:
  struct Commit {
    std::vector<StoreOp> ops;
    proto::CommitSeq number;
  };
  using Job = std::variant<Commit, StoreRequest>;

  void hand_over(Job job);
  void run();
  // Waits for jobs and returns as many as one commit takes; none: see next_jobs() in the source.
  std::vector<Job> next_jobs();
  proto::Status serve_all(std::vector<Job>& jobs);
  proto::Status serve_one(StoreRequest& request);
  proto::Status prepare();
  void go_on_with_backup();
  void end_backup(proto::Result<std::uint64_t> bytes);
  void check_room();
  void publish();  // with the mutex held

  std::unique_ptr<Store> store_;
  const std::uint64_t reserve_;
  proto::Wakeup ready_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::vector<Job> jobs_;  // guarded by mutex_, like the members up to `announced_`
  bool busy_ = false;
  bool stopping_ = false;
  News news_;
  std::atomic<bool> announced_{false};  // fd() is readable; changes with the mutex held

  // Used by the store's thread alone
  std::vector<StoreAnswer> answers_;
  proto::CommitSeq committed_;
  bool full_ = false;
  bool preparing_ = true;  // until prepare() says that it is done
  std::chrono::steady_clock::time_point next_preparation_{};
  std::optional<StoreAnswer> backup_;  // under way: its answer to be
  std::string backup_path_;            // to be begun
  std::string backing_up_;

  std::thread thread_;
};

}  // namespace forkmill::broker
