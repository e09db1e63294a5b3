// State: the shared end of a future: one outcome to come, the threads that wait for it, and the continuations that run
// when it is there. For the library.
//
//     pending ──resolve──▶ ready (value | exception), once and forever
//
// Threads: one thread resolves; any thread waits, reads, adds or removes continuations. Everything is decided by one
// 32-bit word, which is also the futex that waiters sleep on, and one list, which a bit of the word locks: a million
// states are outstanding at times, so they are small, and resolving one without continuations is one atomic operation.
//
// Order: a thread that adds a continuation learns from taking the lock whether the state was ready before, and hands
// out itself then. A thread that resolves learns from setting kSet whether the list is locked, and looks at it after
// that. So one of them sees what the other has done. One thread at a time hands out continuations (kDraining), so that
// they run in the order of their registration.
//
// Depth: neither handing out nor deletion recurses, however long a chain of states is. A thread that resolves or
// deletes a state while it hands out or deletes another one puts the state into a queue of its own (client/futures/
// state_queue.h), which the outermost call works off before it returns. A thread that is about to wait works it off
// before.
//
// Lifetime: states are counted (Counted, Ref). A state is kept by its futures, by its resolver, and by continuations
// that it feeds; it keeps its client's engine (Origin).
#pragma once

#include <forkmill/detail/continuation.h>
#include <forkmill/detail/counted.h>
#include <forkmill/detail/state_bits.h>
#include <forkmill/executor.h>
#include <forkmill/task_id.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace forkmill::detail {

class State;

// Origin: the client as its futures see it. Its futures keep it, so it outlives them all; after the client has been
// closed it does nothing more. Thread-safe.
class Origin : public Counted {
 public:
  // The executor of the callbacks; null once the client has been destroyed and nothing else keeps it: callbacks are
  // then dropped.
  virtual std::shared_ptr<Executor> executor() noexcept = 0;
  // Asks the broker to cancel a task, and returns the state of its answer, a CancelState.
  // Does not wait.
  // Throws Disconnected in a forked child.
  virtual Ref<State> cancel(const TaskId& id) = 0;
  // Throws Disconnected in a forked child: no thread there resolves anything of this client.
  virtual void check_process() const = 0;
  // Blocks until the signal is set (true) or the deadline has passed (false), driving the client meanwhile.
  // Throws as check_process() does.
  virtual bool wait(Signal& signal, const Deadline& deadline) = 0;
  // Why an answer may be late, for the text of a Timeout; empty if nothing is known.
  virtual std::string why_waiting() const = 0;
};

// State: the base of RemoteState and LocalState<T> (value.h), which hold the value.
class State : public Counted, public StateBits {
 public:
  // Deletes continuations of a state that was never resolved.
  ~State() override;

  // Blocks until ready (true) or until the deadline has passed (false).
  // Throws Error{bad_request} if the calling thread would wait for itself, and what Origin::check_process() throws.
  bool wait(const Deadline& deadline);
  // Throws what wait() would throw, without waiting.
  void check_wait() const;
  // Adds a continuation, which runs when the state is ready; at once if it is. The caller need not own the state if
  // the continuation keeps it alive until it runs.
  void add(Continuation* owned);
  // Takes a continuation back, for the caller to dispose of. Returns false if it is being handed out, or has been.
  bool remove(Continuation& link) noexcept;

  // Resolves the state with an error. Each state is resolved exactly once: by this, or by a member of a derived class.
  void fail(std::exception_ptr error);
  // Asks for the task behind this state to be cancelled, or the tasks of the states that it stands for. Does nothing
  // once ready. Returns the states of the answers.
  using States = std::vector<Ref<State>>;
  States cancel();

  // The state that holds the value or error: this one, or the one that it has ended as. Only when ready.
  virtual State& outcome() noexcept { return *this; }
  // The error of outcome(), or null. Only when ready.
  const std::exception_ptr& error() const noexcept { return error_; }

  // The task's id; nil without one.
  const TaskId& id() const noexcept { return id_; }
  // The client; null for a state that no client made.
  Origin* origin() const noexcept { return origin_.get(); }
  // Where continuations run that are not direct.
  std::shared_ptr<Executor> executor() const noexcept { return origin_ ? origin_->executor() : fallback_executor(); }
  // The executor of the callback that resolves the state; only if needs_executor().
  virtual std::shared_ptr<Executor> resolving_executor() const { return executor(); }

 protected:
  State(Ref<Origin> origin, const TaskId& id, std::uint32_t bits)
      : StateBits{bits}, origin_{std::move(origin)}, id_{id} {}
  // Makes the state ready: the outcome is in place. Wakes sleepers and hands out the continuations.
  void publish() noexcept;
  // Sets the client. Before any other thread has the state.
  void adopt_origin(Ref<Origin> origin) { origin_ = std::move(origin); }
  // The continuations. Under the lock.
  ContinuationList& continuations() noexcept { return continuations_; }

  // Deletes the state after those that this thread is deleting.
  void destroy() noexcept override;
  // Cancels the task of this state and adds the state of the answer to `answers`; or adds the states that it stands for
  // to `others`, the first one last.
  virtual void cancel_or_pass_on(States& others, States& answers);

 private:
  friend class StateQueue;
  friend void hand_out_pending() noexcept;

  // Hands out all continuations, unless another thread is at it, which then looks again.
  void drain() noexcept;
  void hand_out_all() noexcept;

  State* next_ = nullptr;           // link of the StateQueue that the state is in
  ContinuationList continuations_;  // owned, except for those that dispose of themselves
  Ref<Origin> origin_;              // null: no client
  std::exception_ptr error_;        // set before kSet
  TaskId id_;
};

// Hands out all continuations that the calling thread has still to hand out.
void hand_out_pending() noexcept;
// The same, and deletes the states that the thread has still to delete. For a thread that is about to wait: what it
// waits for may be among it.
void work_off() noexcept;

// Throw std::logic_error, Timeout{Errc::timeout} and Error{result_undecodable}, the latter two with the task's id.
[[noreturn]] void throw_empty_future();
[[noreturn]] void throw_timeout(const State& state, std::chrono::nanoseconds waited);
[[noreturn]] void throw_undecodable(const State& state, const char* why);
// Logs the current exception, at level warning. For a catch block.
void log_callback_error(const char* where) noexcept;

}  // namespace forkmill::detail
