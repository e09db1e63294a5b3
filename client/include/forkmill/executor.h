// Executor: where a client's callbacks run. Choose one when the client is made (ClientOptions::executor):
//
//     nothing           one callback thread, started when the first callback is due
//     ManualExecutor    inside Client::poll(), on the thread that calls it; for programs with a loop of their own
//     your own class    execute() hands each callback to a thread pool of yours
//
// An executor of one's own:
//
//     class NewThreadEach : public forkmill::Executor {
//      public:
//       void execute(forkmill::Work work) override {
//         std::thread{[work = std::move(work)]() mutable { work(); }}.detach();
//       }
//     };
//
// Callbacks of one future are handed to execute() in the order of their registration. The library never runs a callback
// on its network thread, and never on a thread that resolves a future.
//
// A client keeps a given executor until it is destroyed, and never stops it. Callbacks that the executor still holds
// then run when it runs them; when nothing keeps the executor any longer, they are dropped.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace forkmill {

namespace detail {

// Runnable: one callback with everything that it needs. Owned by a Work; exactly one of run() and abandon() is called.
class Runnable {
 public:
  Runnable() = default;
  Runnable(const Runnable&) = delete;
  Runnable& operator=(const Runnable&) = delete;
  virtual ~Runnable() = default;
  // Calls the callback.
  virtual void run() noexcept = 0;
  // Gives the callback up: the future that depends on it ends with an error.
  virtual void abandon() noexcept = 0;
  // Link of the list that the runnable is in.
  Runnable* next = nullptr;
};

}  // namespace detail

// Work: a callback that waits to be run. Movable, not copyable; call it once at most, from any one thread. Destroying
// it uncalled is safe: the future that depends on the callback ends with Disconnected{client_closed}.
class Work {
 public:
  // No callback.
  Work() = default;
  // For the library.
  explicit Work(detail::Runnable* owned) : task_{owned} {}
  // The source is empty, or has what this one had.
  Work(Work&& other) noexcept : task_{std::exchange(other.task_, nullptr)} {}
  Work& operator=(Work&& other) noexcept {
    std::swap(task_, other.task_);
    return *this;
  }
  // Gives up a callback that was not called.
  ~Work();

  // Runs the callback; does nothing on a second call. Never throws: the library handles the callback's exceptions.
  void operator()() noexcept;
  // Whether there is a callback to be called.
  explicit operator bool() const noexcept { return task_ != nullptr; }
  // For the library: gives the callback up to the caller.
  detail::Runnable* release() noexcept { return std::exchange(task_, nullptr); }

 private:
  detail::Runnable* task_ = nullptr;
};

// Executor: derive from it to run callbacks in a way of your own. Members are called from several threads.
class Executor {
 public:
  virtual ~Executor() = default;

  // Takes the work and returns soon; must not run it, nor wait for it. Called from any thread, also with the network
  // thread of the client waiting for the return. An exception is logged, and the work counts as dropped.
  virtual void execute(Work work) = 0;

  // Returns true if callbacks cannot run while the calling thread waits. Waiting there for a future that a callback
  // makes would never end, so it throws Error{bad_request}. Default: false.
  virtual bool would_block_itself() const noexcept { return false; }

  // Takes no more work, and returns when the work at hand has run or been dropped. Idempotent. The library calls it for
  // the executors that it made itself. Default: does nothing.
  virtual void stop() noexcept {}
};

// ManualExecutor: callbacks wait until run() is called, so that they need no locks around the data of that thread.
//
//     forkmill::ClientOptions options;
//     options.executor = std::make_shared<forkmill::ManualExecutor>();
//     forkmill::Client polled{options};
//     polled.submit(kSquare, 3).then([](int square) { print(square); });
//     while (polled.poll() == 0) std::this_thread::sleep_for(1ms);          // poll() calls run()
class ManualExecutor : public Executor {
 public:
  // The thread that makes it counts as the running one until another calls run().
  ManualExecutor();
  // Does what stop() does.
  ~ManualExecutor() override;
  // Adds work to the list of those that wait. Any thread; drops it after stop().
  void execute(Work work) override;
  // True on the thread that called run() last.
  bool would_block_itself() const noexcept override;
  // Drops all work that waits, and everything that comes later.
  // Does not wait.
  void stop() noexcept override;

  // Runs the callbacks that wait at this moment, not those that they add, and returns their number.
  // Does not wait for any. Call from one thread at a time.
  std::size_t run();

 private:
  struct Queue;
  std::unique_ptr<Queue> queue_;
};

// Returns an executor with one thread, which is started by the first callback, takes no signals, and is ended by stop()
// or the destructor. stop() waits until the callbacks at hand, and those that they lead to, have run; called on that
// thread itself it does not wait.
std::shared_ptr<Executor> make_callback_thread();

namespace detail {

// The callback thread of this process for futures that no client made (make_ready, coroutines). Lives until exit().
std::shared_ptr<Executor> fallback_executor();

}  // namespace detail

}  // namespace forkmill
