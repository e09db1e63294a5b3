// The two kinds of State. RemoteState holds the bytes of a task's result, which are decoded by the thread that reads
// them, as often as they are read. LocalState<T> holds a value that this process made: by then(), when_all(),
// make_ready(), a coroutine. For the library, except for RawResult and Progress.
#pragma once

#include <forkmill/detail/result_bytes.h>
#include <forkmill/detail/state.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace forkmill {

// RawResult: a result as packed bytes, for programs that know its layout themselves (Client::submit_raw, query,
// attach). unpack_value() of serialize.h reads it. Ends of pipes in it (pipe.h) are closed when the future is gone.
struct RawResult {
  // One msgpack value.
  std::string bytes;
};

// Progress: how far a task is, by its own report (Context::progress).
struct Progress {
  // From 0 to 1.
  double fraction = 0;
  // For people, 1,024 bytes at most; may be empty.
  std::string note;
};

namespace detail {

// The value as it is stored: std::monostate for void.
template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

// Whether a T can be copied. A std::vector claims to be copyable with any element type, so its elements are asked.
template <class T>
inline constexpr bool kCopyable = std::is_copy_constructible_v<T>;
template <class T, class A>
inline constexpr bool kCopyable<std::vector<T, A>> = kCopyable<T>;

// Called with each report.
using ProgressListener = std::function<void(double, const std::string&)>;

// RemoteState: resolved by the client's session, on the thread that drives it.
class RemoteState final : public State {
 public:
  // A pending state of the task; nil id for an answer.
  RemoteState(Ref<Origin> origin, const TaskId& id) : State{std::move(origin), id, kRemote | kDriven} {}
  ~RemoteState() override;

  // Resolve the state with a result. The first copies it, which is for small ones; with an owner, `bytes` must stay
  // where they are for as long as `owner` lives.
  void succeed(std::string_view bytes) {
    bytes_.copy(bytes);
    publish();
  }
  void succeed(std::shared_ptr<const void> owner, std::string_view bytes) {
    bytes_.share(std::move(owner), bytes);
    publish();
  }

  // Turns the bytes into a value: writes a std::optional<Stored<T>>. Set by the maker of the future, before any other
  // thread can read it, so that only types that tasks return need to be known to msgpack.
  using Decoder = void (*)(std::string_view bytes, void* optional_value);
  void decode_by(Decoder decoder) noexcept { decoder_ = decoder; }
  // Decodes the result; shared objects in it are opened at this state's client. Only when ready.
  // Throws Error{result_undecodable}.
  void decode(void* optional_value) const;

  // Passes a report to the listeners. Before the state is resolved, by the thread that resolves.
  void report(double fraction, const std::string& note);
  // Adds a listener for further reports, called on the executor.
  void listen(ProgressListener listener);
  // The last report.
  std::optional<Progress> progress() const;

  // The start of the process that the task runs in (Process). The listener, one at most, is called once: by the thread
  // that resolves, or in on_started() itself.
  using StartListener = std::function<void(std::uint32_t pid, const std::string& host)>;
  void started(std::uint32_t pid, const std::string& host);
  void on_started(StartListener listener);

 private:
  // A task that no callback waits for has nothing that could lead on to other states.
  void destroy() noexcept override {
    if (continuations().empty() && listening_.load(std::memory_order_relaxed) == nullptr)
      delete this;
    else
      State::destroy();
  }

  struct Listening;        // under a mutex of its own
  Listening& listening();  // makes it if need be

  ResultBytes bytes_;
  Decoder decoder_ = nullptr;
  std::atomic<Listening*> listening_{nullptr};  // made with the first report or listener
};

// ChainedState: resolved by code of this process, or as another state ends.
class ChainedState : public State {
 public:
  // Resolves the state as `other`, which is ready.
  void become(Ref<State> other);
  // The state whose value or error this one has. One step away, however long the chain was: what ended between is not
  // kept.
  State& outcome() noexcept final { return same_as_ ? *same_as_ : *this; }

  // Ends the state as `inner` will end. Until then cancel() reaches `inner`, also a cancel() from before.
  //
  // If another state follows this one, and the caller is the only owner, that state follows `inner` in its place: a
  // callback that returns the next round of a loop, and so on, keeps one state alive and not one for each round.
  void follow(const Ref<State>& inner);

 protected:
  using State::State;
  // Cancels the state that this one follows, else the task at the start of the chain.
  void cancel_or_pass_on(States& others, States& answers) override;

 private:
  class Forward;
  // Takes the follower over if it is all that depends on this state; null if there is none, or more.
  Forward* release_follower() noexcept;
  // Follows `inner` from now on; null: nothing. Returns whether this state was cancelled.
  bool set_followed(State* inner) noexcept;

  Ref<State> same_as_;         // null, or the state that this one became
  State* followed_ = nullptr;  // under the lock; not owned: the Forward in its list sets it to null before it goes
};

// LocalState<T>: the ChainedState of a T, resolved with a value, an error or another state.
template <class T>
class LocalState : public ChainedState {
 public:
  // A pending state; a null origin means the executor of the process (fallback_executor).
  LocalState(Ref<Origin> origin, const TaskId& id) : ChainedState{std::move(origin), id, 0} {}

  // Resolves the state with a T made of args.
  template <class... Args>
  void succeed(Args&&... args) {
    value_.emplace(std::forward<Args>(args)...);
    publish();
  }
  // Sets the client of a state that was made before it was known. The resolver's thread only.
  void use_origin(Origin* origin) {
    if (this->origin() == nullptr) adopt_origin(Ref<Origin>{origin});
  }

  // The value: copied, or moved out if may_move. A T that cannot be copied is moved out, and the next call throws
  // std::logic_error.
  virtual Stored<T> take(bool may_move) {
    if (!value_) throw std::logic_error{"the value of this future cannot be copied and has been taken already"};
    if constexpr (kCopyable<Stored<T>>) {
      if (!may_move) return *value_;
      return std::move(*value_);
    } else {
      Stored<T> value = std::move(*value_);
      value_.reset();
      return value;
    }
  }

 private:
  std::optional<Stored<T>> value_;
};

// Returns the value of a ready state, or throws its error. may_move: no other code will read the value.
template <class T>
Stored<T> read(State& state, bool may_move) {
  State& outcome = state.outcome();
  if (outcome.error()) std::rethrow_exception(outcome.error());
  if (outcome.is_remote()) {
    std::optional<Stored<T>> value;
    static_cast<RemoteState&>(outcome).decode(&value);
    return std::move(*value);
  }
  return static_cast<LocalState<T>&>(outcome).take(may_move && !state.is_shared() && !outcome.is_shared());
}

// Returns the error of a ready state; null if there is none. A result that cannot be decoded counts as an error.
template <class T>
std::exception_ptr error_of(State& state) {
  State& outcome = state.outcome();
  if (outcome.error() || !outcome.is_remote()) return outcome.error();
  try {
    std::optional<Stored<T>> value;
    static_cast<RemoteState&>(outcome).decode(&value);
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace detail
}  // namespace forkmill
