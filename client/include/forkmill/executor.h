// Executor: where a client's callbacks run. Choose one when the client is made (ClientOptions::executor):
//
//     nothing           one callback thread, started when the first callback is due
//     ManualExecutor    inside Client::poll(), on the thread that calls it; for programs with a loop of their own
//     your own class    execute() hands each callback to your thread pool
//
// Callbacks of one future are handed to execute() in the order of their registration. The library never runs your code
// on its own network thread.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace forkmill {

namespace detail {

// One callback with all it needs.
class Runnable {
 public:
  Runnable() = default;
  Runnable(const Runnable&) = delete;
  Runnable& operator=(const Runnable&) = delete;
  virtual ~Runnable() = default;
  virtual void run() noexcept = 0;
  virtual void abandon() noexcept = 0;  // it will never run: whoever waits for it gets an error
  Runnable* next = nullptr;             // for whoever queues it
};

}  // namespace detail

// A callback that waits to be run: movable, called at most once, never throws. Dropping it uncalled is safe: the future
// that depends on it ends with Errc::client_closed.
class Work {
 public:
  Work() = default;
  explicit Work(detail::Runnable* owned) : task_{owned} {}
  Work(Work&& other) noexcept : task_{std::exchange(other.task_, nullptr)} {}
  Work& operator=(Work&& other) noexcept {
    std::swap(task_, other.task_);
    return *this;
  }
  ~Work();

  void operator()() noexcept;
  explicit operator bool() const noexcept { return task_ != nullptr; }
  detail::Runnable* release() noexcept { return std::exchange(task_, nullptr); }

 private:
  detail::Runnable* task_ = nullptr;
};

class Executor {
 public:
  virtual ~Executor() = default;

  // Takes the work and returns soon; it may be called from any thread, also with the library's network thread waiting.
  // Do not run the work inside execute().
  virtual void execute(Work work) = 0;

  // True if callbacks cannot run while the calling thread waits: waiting there for what a callback makes would never
  // end, and is refused with an error.
  virtual bool would_block_itself() const noexcept { return false; }

  // No more callbacks will be used; return when those handed over have run or been dropped. Idempotent.
  virtual void stop() noexcept {}
};

// Callbacks wait until somebody calls run().
class ManualExecutor : public Executor {
 public:
  ManualExecutor();
  ~ManualExecutor() override;
  void execute(Work work) override;
  bool would_block_itself() const noexcept override;  // on the thread that called run() last, or made this object
  void stop() noexcept override;

  // Runs what waits now, not what gets added meanwhile, and returns how many that were. One thread at a time.
  std::size_t run();

 private:
  struct Queue;
  std::unique_ptr<Queue> queue_;
};

// One thread, started with the first callback and ended by stop(). Also what futures without a client use.
std::shared_ptr<Executor> make_callback_thread();

namespace detail {

// For futures that no client made (make_ready, coroutines): one callback thread for the process.
std::shared_ptr<Executor> fallback_executor();

}  // namespace detail

}  // namespace forkmill
