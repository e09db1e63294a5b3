// The two kinds of State: RemoteState holds the bytes of a task's result, decoded by whoever reads them and as often as
// they are read; LocalState<T> holds a value that this process made (then(), when_all(), make_ready()). Not for users.
#pragma once

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

// A result as it came, for those who know its layout themselves (Client::submit_raw).
struct RawResult {
  std::string bytes;
};

// How far a task says that it is.
struct Progress {
  double fraction = 0;  // 0 to 1
  std::string note;
};

namespace detail {

template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

// A vector claims to be copyable whatever it holds.
template <class T>
inline constexpr bool kCopyable = std::is_copy_constructible_v<T>;
template <class T, class A>
inline constexpr bool kCopyable<std::vector<T, A>> = kCopyable<T>;

using ProgressListener = std::function<void(double, const std::string&)>;

class RemoteState final : public State {
 public:
  RemoteState(Ref<Origin> origin, const TaskId& id) : State{std::move(origin), id, kRemote | kDriven} {}
  ~RemoteState() override;

  // `bytes` stay where they are, for as long as `owner` lives.
  void succeed(std::shared_ptr<const void> owner, std::string_view bytes) {
    owner_ = std::move(owner);
    bytes_ = bytes;
    publish();
  }

  // How the bytes become a value: writes a std::optional<Stored<T>>. Set by whoever makes the future, before anybody
  // else can read it; so only types that tasks return need to be known to msgpack.
  using Decoder = void (*)(std::string_view bytes, void* optional_value);
  void decode_by(Decoder decoder) noexcept { decoder_ = decoder; }
  void decode(void* optional_value) const;  // throws Error{result_undecodable}

  void report(double fraction, const std::string& note);  // before it is resolved, by the thread that resolves
  void listen(ProgressListener listener);
  std::optional<Progress> progress() const;

  // The process that the task runs in. The listener, at most one, is called once, by the thread that resolves or here.
  using BirthListener = std::function<void(std::uint32_t pid, const std::string& host)>;
  void started(std::uint32_t pid, const std::string& host);
  void on_started(BirthListener listener);

 private:
  struct Listening;
  Listening& listening();

  std::shared_ptr<const void> owner_;
  std::string_view bytes_;
  Decoder decoder_ = nullptr;
  std::atomic<Listening*> listening_{nullptr};  // made with the first report or listener
};

template <class T>
class LocalState : public State {
 public:
  LocalState(Ref<Origin> origin, const TaskId& id) : State{std::move(origin), id, 0} {}
  ~LocalState() override {
    if (auto* followed = followed_.load(std::memory_order_acquire)) followed->release();
  }

  template <class... Args>
  void succeed(Args&&... args) {
    value_.emplace(std::forward<Args>(args)...);
    publish();
  }
  // Ends as `other`, which is ready.
  void become(Ref<State> other) {
    same_as_ = std::move(other);
    publish();
  }
  State& outcome() noexcept override { return same_as_ ? same_as_->outcome() : *this; }

  // Will become `other` when that is ready: cancelling this one from now on means cancelling that one.
  void follow(Ref<State> other) { followed_.store(other.detach(), std::memory_order_release); }
  void cancel() override {
    if (auto* followed = followed_.load(std::memory_order_acquire)) return followed->cancel();
    State::cancel();
  }
  void use_origin(Origin* origin) {  // for one made before its client is known; only its resolver may call this
    if (this->origin() == nullptr) adopt_origin(Ref<Origin>{origin});
  }

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
  Ref<State> same_as_;
  std::atomic<State*> followed_{nullptr};  // owned
};

// The value of a ready state, or its exception. may_move: no one else will read it.
template <class T>
Stored<T> read(State& state, bool may_move) {
  State& outcome = state.outcome();
  if (outcome.error()) std::rethrow_exception(outcome.error());
  if (outcome.is_remote()) {
    std::optional<Stored<T>> value;
    static_cast<RemoteState&>(outcome).decode(&value);
    return std::move(*value);
  }
  return static_cast<LocalState<T>&>(outcome).take(may_move && !outcome.is_shared());
}

// The error of a ready state, null if there is none; a result that cannot be decoded is one.
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
