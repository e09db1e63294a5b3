// Future<T>: the result of a task, which comes later, or of a callback that is chained to one.
//
//     auto sum = client.submit(kAdd, 2.0, 3.0);          // Future<double>
//     sum.then([](double v) { std::cout << v; });         // a callback that runs when the value is there
//     double v = sum.get();                               // or wait for the value
//
//     auto text = client.submit(kAdd, 1.0, 1.0)           // chains make new futures
//                     .then([](double v) { return std::to_string(v); })
//                     .on_error([](const forkmill::Expired&) { return std::string{"too late"}; });
//
// States:
//
//     pending ── accepted ── running ──▶ succeeded            the value
//                                   └──▶ failed, cancelled,   an exception of errors.h
//                                        expired
//
// The members, by what they are for:
//
//     get, get_for, wait, wait_for          block until the outcome is there
//     exception, exception_for              the same, for the error alone
//     ready, done, successful, cancelled    look at it
//     running, state, progress              look at the task behind it
//     then, on_error, finally               add a callback and give a new future
//     cancel                                asks for the task to be cancelled, and tells what came of it
//     share                                 turns it into a future with several owners
//     when_all, when_any, as_completed      several futures at once (when.h, wait.h, as_completed.h)
//     co_await                              in a coroutine (coroutine.h)
//
// A future ends once and never changes afterwards; get() may be repeated. While the broker is away a future stays
// pending, unless ClientOptions::fail_fast is set; the end of its client ends it with Disconnected. The value of a task
// is decoded by the thread that asks for it, on each call: bytes that are not a T are Error{result_undecodable} there.
//
// Threads: members of one Future object must not be called from two threads at the same time; different objects may be
// used in parallel. Use share() to wait in several threads. Waiting is allowed in any thread, also in callbacks, with
// one exception: a callback that waits for a future that another callback of the same one-threaded executor makes would
// wait forever, so the wait throws Error{bad_request}.
//
// Callbacks run on the executor of the client that made the future (ClientOptions::executor; by default one thread of
// the client, a callback at a time), never inside the call that registers them. The callbacks of one future run in the
// order in which they were registered, also those that were registered after its end; those of different futures run in
// no particular order. A callback's exception ends the future that depends on it and nothing else.
//
// Depth: a chain of futures may have any length, and a callback may return a future whose callback returns the next
// one, and so on: the stack does not grow with it, and rounds that have ended are not kept.
//
// Lifetime: destroying a Future neither waits nor cancels, and its callbacks still run. A callback does not keep the
// program: wait for the last future before the client ends, or its callbacks get Disconnected{client_closed}. A Future
// may outlive its client. Once the executor has stopped (the default one with Client::close(), one of yours when
// nothing keeps it any more), further callbacks are dropped: then() and on_error() give Disconnected{client_closed},
// finally() passes the outcome on.
//
// An empty future (default constructed, moved from, shared) has no outcome to come: valid() is false and every other
// member throws std::logic_error.
//
// fork(): a forked child must not use the futures of its parent. There cancel() and waiting throw Disconnected, unless
// the future is ready. A future that no client made (make_ready(), a coroutine that awaited none) belongs to no
// process.
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

// A task as this process knows it. A future that a callback makes goes from pending to its end.
enum class FutureState : std::uint8_t {
  pending,    // not acknowledged by the broker
  accepted,   // the broker has the task, as safe as SubmitOptions::durability asks
  running,    // a worker has reported progress; a task that reports none goes from accepted to its end. A retry is not
              // reported: the state stays `running`
  succeeded,  // there is a value; whether its bytes are a T shows when it is read
  failed,     // there is an error, any but the two below
  cancelled,  // the error is Cancelled
  expired     // the error is Expired
};

// How far the cancel of a task got, by the broker's answer.
enum class CancelState : std::uint8_t {
  cancelled = 1,  // taken back: the task had not started and never will
  requested = 2,  // the task runs and was asked to stop; it may still succeed
  finished = 3,   // too late: the task had ended before; its result stays as it is
  unknown = 4,    // the broker knows no such task, or no longer; or there is no task to be cancelled
  started = 5,    // the task runs, and was not asked to stop: Client::cancel_unless_started()
};

template <class T>
class SharedFuture;

namespace detail {

// The members of FutureBase that need no type. FutureState::succeeded also for bytes that cannot be decoded.
FutureState state_of(State& state);
bool wait_for(State& state, std::chrono::nanoseconds how_long);
void on_progress(State& state, ProgressListener listener);
std::optional<Progress> progress_of(State& state);
// The state of a Future<CancelState>.
Ref<State> cancel(State& state);

// The members that Future and SharedFuture share. An empty future throws std::logic_error from all but valid().
template <class T>
class FutureBase {
 public:
  // Whether this is the future of something, and not an empty one.
  bool valid() const noexcept { return static_cast<bool>(state_); }
  // Whether the outcome is there, value or error. Both are the same; done() is Python's name.
  // Never block.
  bool ready() const { return raw_state().ready(); }
  bool done() const { return ready(); }

  // Blocks until ready, without a time limit. A thread that waits for a task drives the client's connection meanwhile.
  // Throws Error{bad_request} on a thread that the outcome waits for (see Threads above).
  void wait() const { raw_state().wait({}); }
  // Blocks until ready, how_long at most; returns ready(). Zero or less only looks. A time longer than the clock can
  // count is no limit.
  // Throws as wait() does.
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> how_long) const {
    return detail::wait_for(raw_state(), saturated<std::chrono::nanoseconds>(how_long));
  }

  // Whether the outcome is a value that can be decoded.
  // Never blocks.
  // Throws std::logic_error if not ready.
  bool successful() const {
    if (!ready()) throw std::logic_error{"successful() asked before the future is ready"};
    return !error_of<T>(raw_state());
  }

  // Blocks until ready, without a time limit, or how_long at most. Returns the error as get() would throw it, or null
  // if there is a value. Throw as wait() does; exception_for() throws Timeout{Errc::timeout} if not ready within
  // how_long.
  //
  //     auto sum = client.submit(kAdd, 2.0, 3.0);
  //     if (auto error = sum.exception()) std::rethrow_exception(error);
  std::exception_ptr exception() const {
    wait();
    return error_of<T>(raw_state());
  }
  template <class Rep, class Period>
  std::exception_ptr exception_for(std::chrono::duration<Rep, Period> how_long) const {
    in_time(how_long);
    return error_of<T>(raw_state());
  }

  // The id of the task; a future of then(), on_error() or finally() has the id of the task at the start of the chain.
  // Nil for the future of an answer (Client::cancel(), Client::query()) and for futures without a task.
  // Known as soon as submit() returns. The reference is valid as long as this future.
  const TaskId& id() const { return raw_state().id(); }
  // The state as this process knows it; a snapshot.
  // Never blocks.
  FutureState state() const { return state_of(raw_state()); }
  // Whether the outcome is Cancelled; and whether a worker is known to run the task. The broker does not report the
  // start of a task by itself: running() is true once the task has reported progress, or its process has started
  // (Process). What cancel() gives tells it for every task.
  // Never block.
  bool cancelled() const { return state() == FutureState::cancelled; }
  bool running() const { return state() == FutureState::running; }

  // Asks the broker to cancel the task and returns at once, with the future of the broker's answer; ignore it if it is
  // of no interest. A task that has not started ends with Cancelled. The handler of a running one sees its stop token
  // (Context::stop_token): if it returns nevertheless, the task has succeeded; if it throws, the task ends with
  // Cancelled. A handler that does neither is ended by signals, after 5 seconds unless its worker says otherwise, and
  // the task ends with Cancelled.
  //
  // A future of then() and the like cancels what it waits for: the task at the start of the chain, or the future that
  // its callback returned or will return. when_all() and when_any() cancel all of their tasks; the answer is then
  // that of the task that had got furthest: CancelState::cancelled only if all were taken back. Once ready,
  // and after the client was closed, nothing is asked and the answer is `finished`; for a coroutine, `unknown`. Other
  // submissions under the same SubmitOptions::key are cancelled with the task.
  // Never blocks.
  //
  // The future ends with CancelState, or with Disconnected.
  // Throws Disconnected in a forked child.
  //
  //     auto sum = client.submit(kAdd, 2.0, 3.0);
  //     if (sum.cancel().get() == forkmill::CancelState::cancelled) std::cout << "never started";
  Future<CancelState> cancel() const;

  // Calls f(double fraction, const std::string& note) on the executor for every report of the task (Context::progress)
  // that arrives from now on, before the callbacks of the end. Several listeners are called in the order of their
  // registration. An exception of f is logged. Futures of then() and the like never report.
  // Never blocks. f is copied or moved in and kept as long as the task's state. A listener added after the end is never
  // called.
  //
  //     auto rendered = client.submit(kRender, Scene{});
  //     rendered.on_progress([](double fraction, const std::string& note) { std::cout << fraction << note; });
  template <class F>
  void on_progress(F&& f) const {
    detail::on_progress(raw_state(), ProgressListener{std::forward<F>(f)});
  }
  // Returns the last report, also after the end: its `fraction`, 0 to 1, and its `note`. Empty if there was none, or
  // for a future of then() and the like. A retry is not reported: the last report stays, and the next attempt may
  // report less.
  // Never blocks.
  std::optional<Progress> progress() const { return progress_of(raw_state()); }

  // The shared state behind this future. For the library.
  State& raw_state() const {
    if (!state_) throw_empty_future();
    return *state_;
  }
  // Gives the shared state up; this future is empty afterwards. For the library.
  Ref<State> release_state() {
    if (!state_) throw_empty_future();
    return std::move(state_);
  }

 protected:
  FutureBase() = default;
  explicit FutureBase(Ref<State> state) : state_{std::move(state)} {}

  // A future of U that Link<LinkArgs...> resolves when this one is ready. by_callback: the link runs a user's function.
  template <class U, template <class...> class Link, class... LinkArgs, class... Args>
  Future<U> chain(bool by_callback, Args&&... args) const {
    State& source = raw_state();
    auto target = make_ref<LocalState<U>>(Ref<Origin>{source.origin()}, source.id());
    if (by_callback) target->mark_needs_executor();
    source.add(new Link<LinkArgs...>{target, std::forward<Args>(args)...});
    return Future<U>{Ref<State>{std::move(target)}};
  }

  // Throws Timeout{Errc::timeout} if not ready within how_long.
  template <class Duration>
  void in_time(Duration how_long) const {
    if (!wait_for(how_long)) throw_timeout(raw_state(), saturated<std::chrono::nanoseconds>(how_long));
  }

  Ref<State> state_;
};

}  // namespace detail

// The owner of one outcome. Movable, not copyable; T is void, or the type of the value.
template <class T>
class Future : public detail::FutureBase<T> {
  using Base = detail::FutureBase<T>;

 public:
  // Type of the value.
  using Value = T;
  // Makes Future<T> the return type of coroutines (coroutine.h).
  struct promise_type;

  // An empty future.
  Future() = default;
  // For the library.
  explicit Future(detail::Ref<detail::State> state) : Base{std::move(state)} {}
  // The source is empty afterwards.
  Future(Future&&) noexcept = default;
  Future& operator=(Future&&) noexcept = default;
  Future(const Future&) = delete;
  Future& operator=(const Future&) = delete;
  ~Future() = default;

  // Blocks until ready, then returns the value or throws the error (errors.h, or what a callback threw). May be
  // repeated. The value of a task is decoded again on each call. A value that a callback made is copied by the first
  // form, and moved out by the second unless others can read it: the future stays valid, but its value may have been
  // moved out, so do not read it again. A type that cannot be copied is moved out by either, and the next call throws
  // std::logic_error.
  // Throws Error{bad_request} as wait() does.
  T get() & { return value(false); }
  T get() && { return value(true); }

  // get() with a time limit: throws Timeout{Errc::timeout} if not ready within how_long. The task goes on, the future
  // stays as it is, and may be asked again. Zero or less only looks.
  //
  //     auto sum = client.submit(kAdd, 2.0, 3.0);
  //     try {
  //       print(sum.get_for(2s));
  //     } catch (const forkmill::Timeout& error) {
  //       if (error.code() == forkmill::Errc::timeout) sum.cancel();   // not there yet; the task itself went on
  //     }
  template <class Rep, class Period>
  T get_for(std::chrono::duration<Rep, Period> how_long) & {
    this->in_time(how_long);
    return value(false);
  }
  template <class Rep, class Period>
  T get_for(std::chrono::duration<Rep, Period> how_long) && {
    this->in_time(how_long);
    return value(true);
  }

  // Calls f(value), or f() for void, on the executor after success. Returns a new future of what f returns; if f
  // returns a Future<U>, the new one is a Future<U> that ends as that one does. What f throws becomes the new future's
  // error. After an error f is not called and the new future has that error.
  // Never blocks.
  //
  // f is copied or moved in, called at most once, then destroyed. On an rvalue the value is moved into f unless others
  // can read it: the future stays valid, but do not read its value again. Any number of callbacks may be added.
  //
  //     auto length = client.submit(kGreet, "Ada").then([](const std::string& text) { return text.size(); });
  //     auto twice = client.submit(kSquare, 3).then([](int nine) { return client.submit(kTwice, nine); });
  //     print(twice.get());                                            // Future<int>, not Future<Future<int>>
  template <class F>
  auto then(F&& f) & {
    this->raw_state().mark_shared();
    return then_impl(std::forward<F>(f), false);
  }
  template <class F>
  auto then(F&& f) && {
    return then_impl(std::forward<F>(f), true);
  }

  // Calls f(const E&) on the executor after an error of class E: a class of errors.h or one of your own. A generic
  // lambda is called with Error, an f that takes std::exception_ptr with every error. Returns a new future: if f
  // returns a T, or a Future<T>, that replaces the error; if f returns nothing the error stays; what f throws is the
  // new error. A value, or an error of another class, passes through without a call. Result bytes that are not a T
  // count as an error here.
  // Never blocks.
  //
  //     auto words = client.submit(kCountWords, path).on_error([](const forkmill::WorkerLost&) { return -1; });
  //     words.on_error([](const std::exception_ptr&) { std::cerr << "failed"; });   // only observes the error
  template <class F>
  Future on_error(F&& f) {
    this->raw_state().mark_shared();
    return this->template chain<T, detail::OnError, T, std::decay_t<F>>(true, std::forward<F>(f));
  }

  // Calls f() on the executor after success and after an error. The returned future ends as this one does; what f
  // returns is ignored and what it throws is logged.
  // Never blocks.
  //
  //     client.submit(kResize, path, 80).finally([] { std::cout << "done, well or not"; });
  template <class F>
  Future finally(F&& f) {
    this->raw_state().mark_shared();
    return this->template chain<T, detail::Finally, T, std::decay_t<F>>(true, std::forward<F>(f));
  }

  // Turns this future into one with several owners. This future is empty afterwards; its callbacks stay.
  //
  //     auto sum = client.submit(kAdd, 2.0, 3.0).share();
  //     std::thread one{[sum] { print(sum.get()); }};
  //     std::thread other{[sum] { print(sum.get()); }};
  //     one.join();
  //     other.join();
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
  template <class F>
  auto then_impl(F&& f, bool may_move) {
    constexpr bool kTakes = detail::kTakes<std::decay_t<F>, T>;
    static_assert(kTakes,
                  "forkmill: the callback of then() must take the value of the future, by value or const reference; "
                  "nothing for Future<void>");
    if constexpr (kTakes) {
      using U = typename detail::Unwrapped<detail::CallResult<std::decay_t<F>, T>>::type;
      return this->template chain<U, detail::Then, T, U, std::decay_t<F>>(true, std::forward<F>(f), may_move);
    }
  }
};

// SharedFuture: a future with several owners, made by Future::share(). Copies refer to the same outcome and may be used
// in different threads at the same time. Members do what those of Future do.
template <class T>
class SharedFuture : public detail::FutureBase<T> {
 public:
  // Type of the value.
  using Value = T;
  // An empty future.
  SharedFuture() = default;
  // For the library.
  explicit SharedFuture(detail::Ref<detail::State> state) : detail::FutureBase<T>{std::move(state)} {}

  // Blocks until ready; returns a value of the caller's own, or throws the error. A value of a type that cannot be
  // copied is there for one caller only: the others get std::logic_error.
  T get() const { return future().get(); }
  // get() with a time limit; throws Timeout{Errc::timeout}.
  template <class Rep, class Period>
  T get_for(std::chrono::duration<Rep, Period> how_long) const {
    return future().get_for(how_long);
  }
  // Adds a callback, as Future::then() does. f gets a copy of the value.
  // Never blocks.
  template <class F>
  auto then(F&& f) const {
    auto same = future();
    return same.then(std::forward<F>(f));
  }
  // Add callbacks for errors and for the end, as Future::on_error() and Future::finally() do.
  // Never block.
  template <class F>
  Future<T> on_error(F&& f) const {
    return future().on_error(std::forward<F>(f));
  }
  template <class F>
  Future<T> finally(F&& f) const {
    return future().finally(std::forward<F>(f));
  }

  // Returns a future of the same outcome, for functions that take futures over.
  // Never blocks.
  Future<T> future() const { return Future<T>{detail::Ref<detail::State>{&this->raw_state()}}; }
};

template <class T>
Future<CancelState> detail::FutureBase<T>::cancel() const {
  return Future<CancelState>{detail::cancel(raw_state())};
}

// Returns a future that has succeeded with a T made of args; without arguments for void. No client is needed: callbacks
// run on one thread of this process that all such futures share.
//
//     forkmill::Future<int> known = forkmill::make_ready<int>(42);
template <class T, class... Args>
Future<T> make_ready(Args&&... args) {
  auto state = detail::make_ref<detail::LocalState<T>>(detail::Ref<detail::Origin>{}, TaskId{});
  state->succeed(std::forward<Args>(args)...);
  return Future<T>{detail::Ref<detail::State>{std::move(state)}};
}
// Returns a future that has failed with error, which must not be null.
//
//     auto failed = forkmill::make_failed<int>(std::make_exception_ptr(std::runtime_error{"no"}));
template <class T>
Future<T> make_failed(std::exception_ptr error) {
  auto state = detail::make_ref<detail::LocalState<T>>(detail::Ref<detail::Origin>{}, TaskId{});
  state->fail(std::move(error));
  return Future<T>{detail::Ref<detail::State>{std::move(state)}};
}

}  // namespace forkmill
