// Future<T>: the outcome to come of a task, or of a callback chained to one.
//
//     auto sum = client.submit(kAdd, 2.0, 3.0);            // Future<double>
//     sum.then([](double v) { std::cout << v; });           // a callback, when it is there
//     double v = sum.get();                                 // or wait for it
//
//     pending ── accepted ── running ──▶ succeeded            the value
//                                   └──▶ failed, cancelled,   an exception of errors.h
//                                        expired
//
// Every future ends. It is resolved once and never changes afterwards; get() may be repeated. Its value is decoded by
// the thread that asks for it: bytes that are not a T are Errc::result_undecodable there.
//
// Threads: waiting is allowed from any thread, also from callbacks, but a callback that waits for another callback of
// the same one-threaded executor would wait for ever, which is refused with an error. Member functions of one Future
// object must not run at the same time in two threads (share() it, or chain), those of different objects may.
//
// Callbacks run on the executor chosen when the client was made, in the order in which they were added to the future,
// also when it was ready before. One that throws hurts only the future that depends on it.
//
// Lifetime: a Future may outlive its Client; closing the client ends what is outstanding with Disconnected. Destroying
// a Future neither waits nor cancels; its callbacks still run. Moved-from futures are empty: valid() is false and
// everything else throws std::logic_error.
#pragma once

#include <forkmill/detail/chain.h>
#include <forkmill/detail/span.h>
#include <forkmill/detail/value.h>
#include <forkmill/errors.h>
#include <forkmill/executor.h>
#include <forkmill/task_id.h>

#include <chrono>
#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

namespace forkmill {

// What this process knows of a future. `accepted`: the broker has the task, as safe as it was asked to be; `running`: a
// worker has reported progress (a task that reports none goes from accepted to its end).
enum class FutureState : std::uint8_t { pending, accepted, running, succeeded, failed, cancelled, expired };

template <class T>
class SharedFuture;

namespace detail {

FutureState state_of(State& state);  // "succeeded" also for what may turn out undecodable
bool wait_for(State& state, std::chrono::nanoseconds how_long);
void on_progress(State& state, ProgressListener listener);
std::optional<Progress> progress_of(State& state);

// What Future and SharedFuture have in common.
template <class T>
class FutureBase {
 public:
  bool valid() const noexcept { return static_cast<bool>(state_); }
  bool ready() const { return raw_state().ready(); }

  void wait() const { raw_state().wait({}); }
  // True when ready. Zero or less only looks.
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> how_long) const {
    return detail::wait_for(raw_state(), saturated<std::chrono::nanoseconds>(how_long));
  }

  // Whether there is a value. Throws std::logic_error while not ready.
  bool successful() const {
    if (!ready()) throw std::logic_error{"successful() asked before the future is ready"};
    return !error_of<T>(raw_state());
  }

  // The task's id; for a future of then() and its like, that of the task it started from; nil without one.
  const TaskId& id() const { return raw_state().id(); }
  FutureState state() const { return state_of(raw_state()); }

  // Asks for the task to be cancelled and returns at once. The future ends with Cancelled, or as it would have ended if
  // it was too late; a running task's handler sees its stop_token first.
  void cancel() const { raw_state().cancel(); }

  // f(double fraction, const std::string& note) for every report of the task that arrives from now on and before it is
  // ready. What f throws is logged. Futures of then() and its like report nothing.
  template <class F>
  void on_progress(F&& f) const {
    detail::on_progress(raw_state(), ProgressListener{std::forward<F>(f)});
  }
  // The last report, if there was one.
  std::optional<Progress> progress() const { return progress_of(raw_state()); }

  State& raw_state() const {
    if (!state_) throw_empty_future();
    return *state_;
  }

 protected:
  FutureBase() = default;
  explicit FutureBase(Ref<State> state) : state_{std::move(state)} {}

  template <class U, template <class...> class Link, class... LinkArgs, class... Args>
  Future<U> chain(bool by_callback, Args&&... args) const {
    State& source = raw_state();
    auto target = make_ref<LocalState<U>>(Ref<Origin>{source.origin()}, source.id());
    if (by_callback) target->mark_needs_executor();
    source.add(new Link<LinkArgs...>{target, std::forward<Args>(args)...});
    return Future<U>{Ref<State>{std::move(target)}};
  }

  Ref<State> state_;
};

}  // namespace detail

template <class T>
class Future : public detail::FutureBase<T> {
  using Base = detail::FutureBase<T>;

 public:
  using Value = T;
  struct promise_type;  // makes Future<T> a coroutine type: see coroutine.h

  Future() = default;
  explicit Future(detail::Ref<detail::State> state) : Base{std::move(state)} {}
  Future(Future&&) noexcept = default;
  Future& operator=(Future&&) noexcept = default;
  Future(const Future&) = delete;
  Future& operator=(const Future&) = delete;
  ~Future() = default;

  // Waits, then returns the value or throws the error. A value that this process made (of then() and its like) is
  // copied, or moved out when the future is an rvalue; one that cannot be copied is moved out, once.
  T get() & { return value(false); }
  T get() && { return value(true); }

  // The same, but throws Timeout{Errc::timeout} when it is not ready in time; the future stays as it is.
  template <class Rep, class Period>
  T get_for(std::chrono::duration<Rep, Period> how_long) & {
    in_time(how_long);
    return value(false);
  }
  template <class Rep, class Period>
  T get_for(std::chrono::duration<Rep, Period> how_long) && {
    in_time(how_long);
    return value(true);
  }

  // f(value) after success; the new future has what f returns (if that is a future, what it ends with), or what f
  // throws, or this future's error, in which case f is not called.
  template <class F>
  auto then(F&& f) & {
    this->raw_state().mark_shared();
    return then_impl(std::forward<F>(f), false);
  }
  template <class F>
  auto then(F&& f) && {
    return then_impl(std::forward<F>(f), true);
  }

  // f(const E&) after an error of class E, any of errors.h or your own; a generic lambda takes Error, and
  // std::exception_ptr takes everything. If f returns a value (or a future) it replaces the error; if f returns nothing
  // it looks on, and the error stays. A success or another error passes through, and f is not called.
  template <class F>
  Future on_error(F&& f) {
    this->raw_state().mark_shared();
    return this->template chain<T, detail::OnError, T, std::decay_t<F>>(true, std::forward<F>(f));
  }

  // f() after either; the new future ends like this one. What f throws is logged.
  template <class F>
  Future finally(F&& f) {
    this->raw_state().mark_shared();
    return this->template chain<T, detail::Finally, T, std::decay_t<F>>(true, std::forward<F>(f));
  }

  // Several readers: copies of a SharedFuture may be used in several threads. This future is empty afterwards.
  SharedFuture<T> share() {
    this->raw_state().mark_shared();
    return SharedFuture<T>{std::move(this->state_)};
  }

 private:
  T value(bool may_move) {
    this->raw_state().wait({});
    if constexpr (std::is_void_v<T>)
      detail::read<T>(this->raw_state(), may_move);
    else
      return detail::read<T>(this->raw_state(), may_move);
  }
  template <class Duration>
  void in_time(Duration how_long) {
    if (!this->wait_for(how_long))
      detail::throw_timeout(this->raw_state(), detail::saturated<std::chrono::nanoseconds>(how_long));
  }
  template <class F>
  auto then_impl(F&& f, bool may_move) {
    using U = typename detail::Unwrapped<detail::CallResult<std::decay_t<F>, T>>::type;
    return this->template chain<U, detail::Then, T, U, std::decay_t<F>>(true, std::forward<F>(f), may_move);
  }
};

// A future with several owners. get() makes a value for each caller.
template <class T>
class SharedFuture : public detail::FutureBase<T> {
 public:
  using Value = T;
  SharedFuture() = default;
  explicit SharedFuture(detail::Ref<detail::State> state) : detail::FutureBase<T>{std::move(state)} {}

  T get() const { return as_future().get(); }
  template <class Rep, class Period>
  T get_for(std::chrono::duration<Rep, Period> how_long) const {
    return as_future().get_for(how_long);
  }
  template <class F>
  auto then(F&& f) const {
    auto future = as_future();
    return future.then(std::forward<F>(f));
  }
  template <class F>
  Future<T> on_error(F&& f) const {
    return as_future().on_error(std::forward<F>(f));
  }
  template <class F>
  Future<T> finally(F&& f) const {
    return as_future().finally(std::forward<F>(f));
  }

 private:
  Future<T> as_future() const { return Future<T>{detail::Ref<detail::State>{&this->raw_state()}}; }
};

// A future that is ready.
template <class T, class... Args>
Future<T> make_ready(Args&&... args) {
  auto state = detail::make_ref<detail::LocalState<T>>(detail::Ref<detail::Origin>{}, TaskId{});
  state->succeed(std::forward<Args>(args)...);
  return Future<T>{detail::Ref<detail::State>{std::move(state)}};
}
template <class T>
Future<T> make_failed(std::exception_ptr error) {
  auto state = detail::make_ref<detail::LocalState<T>>(detail::Ref<detail::Origin>{}, TaskId{});
  state->fail(std::move(error));
  return Future<T>{detail::Ref<detail::State>{std::move(state)}};
}

}  // namespace forkmill
