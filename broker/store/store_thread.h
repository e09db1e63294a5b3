// StoreThread: runs a store on a thread of its own, and gathers commits: whatever has been handed over while one was
// being made safe becomes the next one. Nothing waits for a timer.
//
// One other thread uses it (the broker's loop); fd() is readable when take() has something.
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

namespace forkmill::broker {

class StoreThread {
 public:
  // The store is open and loaded. Below `reserve` free bytes it calls the disk full, until there is a quarter more.
  StoreThread(std::unique_ptr<Store> store, std::uint64_t reserve);
  // Finishes what was handed over.
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  void commit(std::vector<StoreOp> ops, proto::CommitSeq number);
  void ask(StoreRequest request);
  // Blocks until everything handed over is done, or the store has failed.
  void finish();

  struct News {
    proto::CommitSeq committed;  // the last one that is safe
    std::vector<StoreAnswer> answers;
    bool disk_full = false;
    std::optional<proto::Failure> failure;  // final: nothing is served any more
  };
  News take();
  // Whether there may be some. Cheap.
  bool has_news() const { return announced_.load(std::memory_order_acquire); }
  int fd() const { return ready_; }

 private:
  struct Commit {
    std::vector<StoreOp> ops;
    proto::CommitSeq number;
  };
  using Job = std::variant<Commit, StoreRequest>;

  void hand_over(Job job);
  void run();
  // As many as one commit takes.
  std::vector<Job> next_jobs();
  Store::Trouble serve_all(std::vector<Job>& jobs);
  Store::Trouble serve_one(StoreRequest& request);
  Store::Trouble prepare();
  void go_on_with_backup();
  void end_backup(proto::Result<std::uint64_t> bytes);
  void check_room();
  void publish();  // with the mutex held

  std::unique_ptr<Store> store_;
  const std::uint64_t reserve_;
  const int ready_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::vector<Job> jobs_;  // guarded by mutex_, as all that follows up to `thread_`
  bool busy_ = false;
  bool stopping_ = false;
  News news_;
  std::atomic<bool> announced_{false};  // fd() was written; changed with the mutex held

  // The store's thread alone
  std::vector<StoreAnswer> answers_;
  proto::CommitSeq committed_;
  bool full_ = false;
  bool preparing_ = true;  // as far as is known
  std::chrono::steady_clock::time_point next_preparation_{};
  std::optional<StoreAnswer> backup_;  // under way: its answer to be
  std::string backup_path_;            // to be begun
  std::string backing_up_;

  std::thread thread_;
};

}  // namespace forkmill::broker
