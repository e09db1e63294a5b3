// WorkPool: a fixed number of threads that run jobs, and a bounded line of jobs that wait for them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace forkmill::web {

class WorkPool {
 public:
  // Jobs must not throw.
  using Job = std::function<void()>;

  // max_waiting: the most jobs that wait for a thread.
  WorkPool(std::size_t threads, std::size_t max_waiting);
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // Adds a job. Returns false if too many jobs wait, or after stop(). Never blocks. Any thread.
  bool add(Job job);
  // Runs the jobs that wait, and ends the threads. Blocks until they have ended. Idempotent.
  void stop();

 private:
  void run();

  const std::size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<Job> waiting_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace forkmill::web
