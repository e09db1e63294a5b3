// What a Future points to: one outcome to come, who waits for it, and what runs when it is there. Not for users.
//
//     pending ──resolve──▶ ready (value | exception), once and for ever
//
// One thread resolves; any thread waits, reads, or adds continuations. Everything is decided by one 32-bit word (also
// the futex that waiters sleep on) and one list head, without a lock: a million of these are outstanding at times, so
// they are small, and resolving one costs a few atomic operations.
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

// Counts its owners in itself; Ref<> below keeps the count.
class Counted {
 public:
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  virtual ~Counted() = default;
  void add_ref() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  std::atomic<std::uint32_t> owners_{1};
};

template <class T>
class Ref {
 public:
  Ref() = default;
  static Ref adopt(T* fresh) {  // takes over the one reference that a new object has
    Ref ref;
    ref.object_ = fresh;
    return ref;
  }
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

  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  T* detach() noexcept { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>::adopt(new T(std::forward<Args>(args)...));
}

class State;

// The client as its futures see it; it outlives them all.
class Origin : public Counted {
 public:
  // Where callbacks run; empty when the client has ended and nobody else keeps it. A callback then is dropped.
  virtual std::shared_ptr<Executor> executor() noexcept = 0;
  virtual void cancel(const TaskId& id) = 0;
  // Waits until the signal is set (true) or the deadline has passed (false).
  virtual bool wait(Signal& signal, const Deadline& deadline) = 0;
  virtual std::string why_waiting() const = 0;  // for the text of a Timeout
};

// Runs once the state it was added to is ready. Owned by the state until then, afterwards by the Work it became.
class Continuation : public Runnable {
 public:
  explicit Continuation(bool is_direct) : direct{is_direct} {}

  Ref<State> source;  // set before run() or abandon()
  const bool direct;  // of the library itself, quick and harmless: runs on the thread that resolves
};

class State : public Counted {
 public:
  ~State() override;

  bool ready() const noexcept { return signal_.is_set(); }
  Signal& signal() noexcept { return signal_; }  // set when ready
  // True when ready, false when the deadline passed first. Throws Error if the calling thread would wait for itself.
  bool wait(const Deadline& deadline);
  void check_wait() const;  // throws what wait() would
  void add(Continuation* owned);

  // Each state is resolved exactly once, by one of these.
  void fail(std::exception_ptr error);
  virtual void cancel();

  // The state that holds the value or error, this one or the one it took over. Only when ready.
  virtual State& outcome() noexcept { return *this; }
  const std::exception_ptr& error() const noexcept { return error_; }

  const TaskId& id() const noexcept { return id_; }
  Origin* origin() const noexcept { return origin_.get(); }
  std::shared_ptr<Executor> executor() const noexcept { return origin_ ? origin_->executor() : fallback_executor(); }
  bool is_remote() const noexcept { return signal_.has(kRemote); }
  bool is_shared() const noexcept { return signal_.has(kShared); }
  void mark_shared() noexcept { signal_.add(kShared); }
  // Resolved by what the client receives, in a wait() of its origin too; anything else needs another thread to act.
  bool is_driven() const noexcept { return signal_.has(kDriven); }
  void mark_driven() noexcept { signal_.add(kDriven); }
  bool needs_executor() const noexcept { return signal_.has(kNeedsExecutor); }
  void mark_needs_executor() noexcept { signal_.add(kNeedsExecutor); }
  bool accepted() const noexcept { return signal_.has(kAccepted); }
  bool running() const noexcept { return signal_.has(kRunning); }
  void mark_accepted() noexcept { signal_.add(kAccepted); }
  void mark_running() noexcept { signal_.add(kRunning); }

 protected:
  static constexpr std::uint32_t kDraining = 4;        // one thread hands out the continuations
  static constexpr std::uint32_t kRemote = 8;          // a RemoteState: the value is payload bytes
  static constexpr std::uint32_t kShared = 16;         // more than one reader: nobody may move the value out
  static constexpr std::uint32_t kNeedsExecutor = 32;  // resolved by a callback
  static constexpr std::uint32_t kDriven = 256;
  static constexpr std::uint32_t kAccepted = 64;  // the broker has the task
  static constexpr std::uint32_t kRunning = 128;  // a worker reported progress

  State(Ref<Origin> origin, const TaskId& id, std::uint32_t bits)
      : signal_{bits}, origin_{std::move(origin)}, id_{id} {}
  void publish() noexcept;  // the outcome is in place: wake sleepers, run continuations
  void adopt_origin(Ref<Origin> origin) { origin_ = std::move(origin); }

 private:
  void drain() noexcept;
  void hand_out(Continuation* newest_first) noexcept;

  Signal signal_;
  std::atomic<Continuation*> continuations_{nullptr};  // newest first
  Ref<Origin> origin_;
  std::exception_ptr error_;
  TaskId id_;
};

// Runs a continuation now, on this thread.
void run_and_delete(Continuation* owned) noexcept;

[[noreturn]] void throw_empty_future();
[[noreturn]] void throw_timeout(const State& state, std::chrono::nanoseconds waited);
[[noreturn]] void throw_undecodable(const State& state, const char* why);
void log_callback_error(const char* where) noexcept;  // the current exception, at level warning

}  // namespace forkmill::detail
