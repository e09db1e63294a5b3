#include <forkmill/executor.h>
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "client/futures/log.h"
#include "client/futures/work_list.h"
#include "proto/os/signals_blocked.h"

namespace forkmill {

using client::WorkList;

Work::~Work() {
  if (task_ == nullptr) return;
  task_->abandon();
  delete task_;
}

void Work::operator()() noexcept {
  if (auto* task = std::exchange(task_, nullptr)) {
    task->run();
    delete task;
  }
}

namespace {

class CallbackThread final : public Executor {
 public:
  ~CallbackThread() override { CallbackThread::stop(); }

  void execute(Work work) override {
    std::unique_lock lock{shared_->mutex};
    const bool over = shared_->stopping && !would_block_itself();  // work that the last callbacks add still runs
    if (over) return;                                              // drops `work`, after the lock was released
    if (!thread_.joinable() && !shared_->stopping) {
      const proto::SignalsBlocked blocked;
      thread_ = std::thread{[shared = shared_] { run(*shared); }};
    }
    shared_->waiting.push(std::move(work));
    if (shared_->asleep) shared_->changed.notify_one();
  }

  bool would_block_itself() const noexcept override {
    return shared_->runner.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

  void stop() noexcept override {
    std::thread ended;
    {
      std::unique_lock lock{shared_->mutex};
      shared_->stopping = true;
      shared_->changed.notify_one();
      ended = std::move(thread_);
    }
    if (!ended.joinable()) return;
    if (would_block_itself())
      ended.detach();  // a callback destroyed its own client: the thread ends after the callback, and keeps shared_
    else
      ended.join();
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    WorkList waiting;
    bool asleep = false;
    bool stopping = false;
    std::atomic<std::thread::id> runner;
  };

  static void run(Shared& shared) {
    shared.runner = std::this_thread::get_id();
    std::unique_lock lock{shared.mutex};
    for (;;) {
      shared.asleep = true;
      shared.changed.wait(lock, [&] { return !shared.waiting.empty() || shared.stopping; });
      shared.asleep = false;
      if (shared.waiting.empty()) return;
      WorkList batch;
      batch.swap(shared.waiting);
      lock.unlock();
      while (auto work = batch.pop()) work();
      lock.lock();
    }
  }

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::thread thread_;
};

}  // namespace

std::shared_ptr<Executor> make_callback_thread() { return std::make_shared<CallbackThread>(); }

struct ManualExecutor::Queue {
  std::mutex mutex;
  WorkList waiting;
  bool stopped = false;
  std::atomic<std::thread::id> runner{std::this_thread::get_id()};
};

ManualExecutor::ManualExecutor() : queue_{std::make_unique<Queue>()} {}
ManualExecutor::~ManualExecutor() { ManualExecutor::stop(); }

void ManualExecutor::execute(Work work) {
  std::unique_lock lock{queue_->mutex};
  if (!queue_->stopped) queue_->waiting.push(std::move(work));
}

bool ManualExecutor::would_block_itself() const noexcept {
  return queue_->runner.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void ManualExecutor::stop() noexcept {
  WorkList dropped;
  std::unique_lock lock{queue_->mutex};
  queue_->stopped = true;
  dropped.swap(queue_->waiting);
  lock.unlock();
}

std::size_t ManualExecutor::run() {
  queue_->runner = std::this_thread::get_id();
  WorkList batch;
  {
    std::unique_lock lock{queue_->mutex};
    batch.swap(queue_->waiting);
  }
  std::size_t count = 0;
  for (; auto work = batch.pop(); ++count) work();
  return count;
}

namespace detail {

namespace {

// A forked child has no thread of its parent: it needs an executor of its own, and can only leave the parent's alone.
struct Fallback {
  std::shared_ptr<Executor> thread = make_callback_thread();
  Fallback* of_parent = nullptr;
};

Fallback*& fallback() {
  static Fallback* const first = [] {
    ::pthread_atfork(nullptr, nullptr, [] { fallback() = new Fallback{make_callback_thread(), fallback()}; });
    return new Fallback;
  }();
  static Fallback* current = first;
  return current;
}

}  // namespace

std::shared_ptr<Executor> fallback_executor() {
  struct StopAtExit {
    ~StopAtExit() { fallback()->thread->stop(); }
  };
  auto thread = fallback()->thread;
  static const StopAtExit stop;
  return thread;
}

}  // namespace detail
}  // namespace forkmill
