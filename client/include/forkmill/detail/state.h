// State: the shared end of a future: one outcome to come, the threads that wait for it, and the continuations that run
// when it is there. For the library.
//
//     pending ──resolve──▶ ready (value | exception), once and forever
//
// Threads: one thread resolves; any thread waits, reads or adds continuations. Everything is decided by one 32-bit
// word, which is also the futex that waiters sleep on, and one list head, without a lock: a million states are
// outstanding at times, so they are small, and resolving one costs a few atomic operations.
//
// Order: a thread that adds a continuation looks for kSet after linking it, a thread that resolves looks for links
// after setting kSet, so at least one of them sees both. One thread at a time hands out continuations (kDraining), so
// that they run in the order of their registration.
//
// Lifetime: states are counted (Counted, Ref). A state is kept by its futures, by its resolver, and by continuations
// that it feeds; it keeps its client's engine (Origin).
#pragma once

#include <forkmill/detail/signal.h>
#include <forkmill/executor.h>
#include <forkmill/task_id.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace forkmill::detail {

// Counted: an object that counts its owners in itself, from 1. Ref<> keeps the count. The last release() deletes it, on
// the thread that calls it.
class Counted {
 public:
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  virtual ~Counted() = default;
  // One owner more, one owner less. Any thread.
  void add_ref() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  std::atomic<std::uint32_t> owners_{1};
};

// Ref<T>: an owner of a Counted object, as a shared_ptr is, in the size of a pointer.
template <class T>
class Ref {
 public:
  // Null.
  Ref() = default;
  // Takes over the reference of a new object, or one that detach() gave up.
  static Ref adopt(T* fresh) {
    Ref ref;
    ref.object_ = fresh;
    return ref;
  }
  // One owner more; null is allowed.
  explicit Ref(T* object) : object_{object} {
    if (object_ != nullptr) object_->add_ref();
  }
  Ref(const Ref& other) : Ref{other.object_} {}
  Ref(Ref&& other) noexcept : object_{std::exchange(other.object_, nullptr)} {}
  template <class U, class = std::enable_if_t<std::is_convertible_v<U*, T*>>>
  Ref(Ref<U> other) noexcept : object_{other.detach()} {}  // NOLINT(google-explicit-constructor)
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->release();
  }

  // The object; null if there is none.
  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  // Gives the reference up to the caller, who must adopt() it or release() the object.
  T* detach() noexcept { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

// Makes an object with one owner.
template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>::adopt(new T(std::forward<Args>(args)...));
}

class State;

// Origin: the client as its futures see it. Its futures keep it, so it outlives them all; after the client has been
// closed it does nothing more. Thread-safe.
class Origin : public Counted {
 public:
  // The executor of the callbacks; null once the client has been destroyed and nothing else keeps it: callbacks are
  // then dropped.
  virtual std::shared_ptr<Executor> executor() noexcept = 0;
  // Asks the broker to cancel a task.
  // Does not wait.
  // Throws Disconnected in a forked child.
  virtual void cancel(const TaskId& id) = 0;
  // Blocks until the signal is set (true) or the deadline has passed (false), driving the client meanwhile.
  // Throws Disconnected in a forked child.
  virtual bool wait(Signal& signal, const Deadline& deadline) = 0;
  // Why an answer may be late, for the text of a Timeout; empty if nothing is known.
  virtual std::string why_waiting() const = 0;
};

// Continuation: runs once the state to which it was added is ready. Owned by the state until then, afterwards by the
// Work that it becomes.
class Continuation : public Runnable {
 public:
  // is_direct: see `direct`.
  explicit Continuation(bool is_direct) : direct{is_direct} {}

  // The state that is ready; set before run() or abandon().
  Ref<State> source;
  // True: the library's own code, quick, without a user's function; runs on the thread that resolves. False: runs on
  // the executor.
  const bool direct;
};

// State: the base of RemoteState and LocalState<T> (value.h), which hold the value.
class State : public Counted {
 public:
  // Deletes continuations of a state that was never resolved.
  ~State() override;

  // Whether the outcome is there.
  bool ready() const noexcept { return signal_.is_set(); }
  // The signal that is set when the state is ready.
  Signal& signal() noexcept { return signal_; }
  // Blocks until ready (true) or until the deadline has passed (false).
  // Throws Error{bad_request} if the calling thread would wait for itself, and what Origin::wait() throws.
  bool wait(const Deadline& deadline);
  // Throws what wait() would throw, without waiting.
  void check_wait() const;
  // Adds a continuation, which runs when the state is ready; at once if it is.
  void add(Continuation* owned);

  // Resolves the state with an error. Each state is resolved exactly once: by this, or by a member of a derived class.
  void fail(std::exception_ptr error);
  // Asks for the task behind this state to be cancelled, if there is one.
  virtual void cancel();

  // The state that holds the value or error: this one, or the one that it has ended as. Only when ready.
  virtual State& outcome() noexcept { return *this; }
  // The error of outcome(); null: there is none. Only when ready.
  const std::exception_ptr& error() const noexcept { return error_; }

  // The task's id; nil without one.
  const TaskId& id() const noexcept { return id_; }
  // The client; null for a state that no client made.
  Origin* origin() const noexcept { return origin_.get(); }
  // Where continuations run that are not direct.
  std::shared_ptr<Executor> executor() const noexcept { return origin_ ? origin_->executor() : fallback_executor(); }
  // Whether this is a RemoteState.
  bool is_remote() const noexcept { return signal_.has(kRemote); }
  // Whether there is more than one reader, so that none may move the value out.
  bool is_shared() const noexcept { return signal_.has(kShared); }
  void mark_shared() noexcept { signal_.add(kShared); }
  // Whether the state is resolved by a message that the client receives, so that a wait of its origin suffices. Any
  // other state needs another thread to act.
  bool is_driven() const noexcept { return signal_.has(kDriven); }
  void mark_driven() noexcept { signal_.add(kDriven); }
  // Whether a callback resolves the state, so that the executor's thread must not wait for it.
  bool needs_executor() const noexcept { return signal_.has(kNeedsExecutor); }
  void mark_needs_executor() noexcept { signal_.add(kNeedsExecutor); }
  // Whether the broker has the task, and whether a worker has reported progress.
  bool accepted() const noexcept { return signal_.has(kAccepted); }
  bool running() const noexcept { return signal_.has(kRunning); }
  void mark_accepted() noexcept { signal_.add(kAccepted); }
  void mark_running() noexcept { signal_.add(kRunning); }

 protected:
  // Bits of the signal's word.
  static constexpr std::uint32_t kDraining = 4;        // one thread hands out the continuations
  static constexpr std::uint32_t kRemote = 8;          // is_remote()
  static constexpr std::uint32_t kShared = 16;         // is_shared()
  static constexpr std::uint32_t kNeedsExecutor = 32;  // needs_executor()
  static constexpr std::uint32_t kDriven = 256;        // is_driven()
  static constexpr std::uint32_t kAccepted = 64;       // accepted()
  static constexpr std::uint32_t kRunning = 128;       // running()

  State(Ref<Origin> origin, const TaskId& id, std::uint32_t bits)
      : signal_{bits}, origin_{std::move(origin)}, id_{id} {}
  // Makes the state ready: the outcome is in place. Wakes sleepers and hands out the continuations.
  void publish() noexcept;
  // Sets the client. Before any other thread has the state.
  void adopt_origin(Ref<Origin> origin) { origin_ = std::move(origin); }

 private:
  // Hands out all continuations, unless another thread is at it, which then looks again.
  void drain() noexcept;
  void hand_out(Continuation* newest_first) noexcept;

  Signal signal_;                                      // kSet: ready; the other bits are those above
  std::atomic<Continuation*> continuations_{nullptr};  // a list, newest first; owned
  Ref<Origin> origin_;                                 // null: no client
  std::exception_ptr error_;                           // set before kSet
  TaskId id_;
};

// Runs a continuation now, on this thread.
void run_and_delete(Continuation* owned) noexcept;

// Throw std::logic_error, Timeout{Errc::timeout} and Error{result_undecodable}, the latter two with the task's id.
[[noreturn]] void throw_empty_future();
[[noreturn]] void throw_timeout(const State& state, std::chrono::nanoseconds waited);
[[noreturn]] void throw_undecodable(const State& state, const char* why);
// Logs the current exception, at level warning. For a catch block.
void log_callback_error(const char* where) noexcept;

}  // namespace forkmill::detail
