#include "client/pool/task_feed.h"

#include <forkmill/errors.h>

#include <utility>

#include "proto/limits.h"

namespace forkmill::detail {

// One task: waits here, is at the broker, is over.
class TaskFeed::Call final : public Outstanding {
 public:
  Call(std::weak_ptr<TaskFeed> feed, ChunkCall call, std::string arguments, ExecutorPromise promise)
      : feed_{std::move(feed)},
        call_{std::move(call)},
        arguments_{std::move(arguments)},
        promise_{std::move(promise)} {}

  // Hands the task to the broker. False: it is over already.
  bool send(ChunkSender& sender) {
    {
      const std::lock_guard hold{mutex_};
      if (phase_ != Phase::waiting) return false;
      phase_ = Phase::under_way;
    }
    Chunk task;
    try {
      task = sender.send_task(call_, std::exchange(arguments_, {}));
    } catch (...) {
      resolve(std::current_exception());
      return false;
    }
    task->decode_by(promise_.decode);
    bool too_late = false;
    {
      const std::lock_guard hold{mutex_};
      task_ = task;
      too_late = cancels_ || phase_ == Phase::over;
    }
    if (too_late) task->cancel();
    task->add(new ChunkDone{shared_from_this(), 0});
    return true;
  }

  // Ends the task, if it waits here. Else returns its state, so that the broker can be asked to cancel it.
  std::pair<Ref<State>, CancelState> cancel() {
    if (end_waiting()) return {Ref<State>{}, CancelState::cancelled};
    const std::lock_guard hold{mutex_};
    if (phase_ == Phase::over) return {Ref<State>{}, CancelState::finished};
    cancels_ = !task_;  // the task is being sent
    return {Ref<State>{task_.get()}, CancelState::requested};
  }
  // Ends the task, if it waits here.
  void cancel_waiting() override { end_waiting(); }

  void end(std::exception_ptr error) override {
    resolve(error);
    Chunk task;
    {
      const std::lock_guard hold{mutex_};
      task = task_;
    }
    if (task && !task->ready()) task->cancel();
  }

  void chunk_done(std::size_t) noexcept override {
    resolve(nullptr);
    if (const auto feed = feed_.lock()) feed->call_done();
  }

 private:
  enum class Phase { waiting, under_way, over };

  // Ends the task with Cancelled, if it waits here. False: it is being sent, is at the broker or is over.
  bool end_waiting() noexcept {
    {
      const std::lock_guard hold{mutex_};
      if (phase_ != Phase::waiting) return false;
      phase_ = Phase::over;
    }
    settle(std::make_exception_ptr(Cancelled{"the task was cancelled before it started"}));
    return true;
  }
  // Resolves the future, once: with the error, or as the task has ended.
  void resolve(const std::exception_ptr& error) noexcept {
    {
      const std::lock_guard hold{mutex_};
      if (std::exchange(phase_, Phase::over) == Phase::over) return;
    }
    settle(error);
  }
  // The caller has just made the phase over.
  void settle(const std::exception_ptr& error) noexcept {
    error ? promise_.state->fail(error) : promise_.state->become(task_);
    if (const auto feed = feed_.lock()) feed->calls_->remove(*this);
  }

  const std::weak_ptr<TaskFeed> feed_;
  const ChunkCall call_;
  std::string arguments_;
  const ExecutorPromise promise_;
  std::mutex mutex_;
  Phase phase_ = Phase::waiting;
  Chunk task_;            // null: it is not at the broker
  bool cancels_ = false;  // cancel() came while the task was being sent
};

TaskFeed::TaskFeed(std::shared_ptr<PoolCalls> calls, std::shared_ptr<ChunkSender> sender,
                   std::shared_ptr<Executor> callbacks, std::size_t window)
    : calls_{std::move(calls)}, sender_{std::move(sender)}, callbacks_{std::move(callbacks)}, window_{window} {}

void TaskFeed::submit(ChunkCall call, std::string arguments, const ExecutorPromise& promise) {
  if (arguments.size() > proto::limits::kMaxPayload)
    throw Rejected{Errc::payload_too_large, std::to_string(arguments.size()) + " bytes of arguments for " + call.task};
  auto one = std::make_shared<Call>(weak_from_this(), std::move(call), std::move(arguments), promise);
  promise.set_cancel(*promise.state, [weak = std::weak_ptr{one}] {
    const auto task = weak.lock();
    return task ? task->cancel() : std::pair{Ref<State>{}, CancelState::finished};
  });
  calls_->add(one);
  {
    const std::lock_guard hold{mutex_};
    waiting_.push_back(std::move(one));
  }
  pump();
}

void TaskFeed::cancel_waiting() {
  std::deque<std::shared_ptr<Call>> calls;
  {
    const std::lock_guard hold{mutex_};
    calls.swap(waiting_);
  }
  for (const auto& one : calls) one->cancel_waiting();
}

void TaskFeed::pump() {
  while (const auto call = next())
    if (!call->send(*sender_)) {
      const std::lock_guard hold{mutex_};
      --under_way_;
    }
}

std::shared_ptr<TaskFeed::Call> TaskFeed::next() {
  const std::lock_guard hold{mutex_};
  if (waiting_.empty() || under_way_ >= window_) return nullptr;
  auto call = std::move(waiting_.front());
  waiting_.pop_front();
  ++under_way_;
  return call;
}

// On the thread that resolves the task's state, which must not submit.
void TaskFeed::call_done() {
  {
    const std::lock_guard hold{mutex_};
    --under_way_;
    if (waiting_.empty()) return;
  }
  callbacks_->execute(Work{new CallbackWork{[weak = weak_from_this()](bool runs) {
    if (const auto feed = weak.lock(); feed && runs) feed->pump();
  }}});
}

}  // namespace forkmill::detail
