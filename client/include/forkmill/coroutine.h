// co_await on futures, in any coroutine; and Future<T> as the return type of coroutines of your own:
//
//     forkmill::Future<int> longest(forkmill::Client& client, std::vector<std::string> paths) {
//       int best = 0;
//       for (auto& counted : client.map(kCountWords, paths)) best = std::max(best, co_await counted);
//       co_return best;
//     }
//
// co_await gives the value that get() gives, or throws what it throws. It does not block the thread: a coroutine starts
// at once in its caller, and after a co_await that had to wait it goes on on the executor of the awaited future.
// Awaiting a ready future goes on at once, on the same thread. An exception that leaves the coroutine becomes the error
// of its future; the future of a coroutine that is destroyed before its end gets Disconnected{client_closed}.
//
// Lifetime: the coroutine lives until it ends, whether its Future is kept or not. Take parameters by value, or keep the
// objects that they refer to for as long: the coroutine goes on after the call has returned. cancel() on its future
// does nothing; cancel the tasks that it awaits.
//
// If the client is closed meanwhile, the awaited future ends with Disconnected, which co_await throws; the coroutine
// then goes on on the executor, or on the thread that drops its callback if the executor has gone.
#pragma once

#include <forkmill/future.h>

#include <coroutine>

namespace forkmill {

namespace detail {

// Resumes a coroutine when the awaited future is ready.
class Resume final : public Continuation {
 public:
  // Does not own the coroutine, which destroys itself at its end.
  explicit Resume(std::coroutine_handle<> coroutine) : Continuation{false}, coroutine_{coroutine} {}
  // Goes on with the coroutine, on the executor. Only coroutines of other types let exceptions out of resume().
  void run() noexcept override {
    try {
      coroutine_.resume();
    } catch (...) {
      log_callback_error("a coroutine");
    }
  }
  void abandon() noexcept override { run(); }  // the awaited future is ready, even if its executor has gone

 private:
  std::coroutine_handle<> coroutine_;
};

// The awaiter of a future. may_move: the value may be moved out, because no one else reads it.
template <class T>
class Awaiter {
 public:
  // state: that of the awaited future.
  Awaiter(Ref<State> state, bool may_move) : state_{std::move(state)}, may_move_{may_move} {}
  // Whether the coroutine goes on at once, without being suspended.
  bool await_ready() const noexcept { return state_->ready(); }
  // Arranges for the coroutine to be resumed. The coroutine may go on, on another thread, before this returns, and
  // destroy the awaiter: a Ref of its own keeps the state.
  void await_suspend(std::coroutine_handle<> coroutine) {
    Ref<State> { state_ } -> add(new Resume{coroutine});
  }
  // The value, or the exception.
  T await_resume() {
    if constexpr (std::is_void_v<T>)
      read<T>(*state_, may_move_);
    else
      return read<T>(*state_, may_move_);
  }
  // The client of the awaited future.
  Origin* origin() const noexcept { return state_->origin(); }

 private:
  Ref<State> state_;  // keeps the state if the coroutine drops the future meanwhile
  bool may_move_;
};

// The promise of a coroutine that returns Future<T>: its state is resolved by co_return or by an exception.
template <class T>
class CoroutinePromise {
 public:
  // The future counts as made by a callback: the executor must not wait for it.
  CoroutinePromise() { state_->mark_needs_executor(); }
  // A coroutine that is destroyed before its end, by an awaiter of another library, ends its future nevertheless.
  ~CoroutinePromise() {
    if (!state_->ready()) state_->fail(closed_error("its coroutine was destroyed"));
  }
  CoroutinePromise(const CoroutinePromise&) = delete;
  CoroutinePromise& operator=(const CoroutinePromise&) = delete;
  // The future that the call of the coroutine returns.
  Future<T> get_return_object() { return Future<T>{Ref<State>{state_}}; }
  // The coroutine starts at once, and is destroyed at its end.
  std::suspend_never initial_suspend() noexcept { return {}; }
  std::suspend_never final_suspend() noexcept { return {}; }
  // An exception that leaves the coroutine becomes the error of the future.
  void unhandled_exception() { state_->fail(std::current_exception()); }

  // Up to the first co_await that waits, no other code has the future. Until then it may become a future of the client
  // that it waits for, so that its callbacks run where that client's do.
  template <class Awaited>
  Awaited&& await_transform(Awaited&& awaited) {
    if constexpr (requires { awaited.raw_state(); }) {
      if (!seen_by_others_) {
        state_->use_origin(awaited.raw_state().origin());
        seen_by_others_ = !awaited.ready();
      }
    } else {
      seen_by_others_ = true;
    }
    return std::forward<Awaited>(awaited);
  }

 protected:
  bool seen_by_others_ = false;  // the coroutine has been suspended, so its caller has the future
  Ref<LocalState<T>> state_ = make_ref<LocalState<T>>(Ref<Origin>{}, TaskId{});
};

}  // namespace detail

// co_await on a future: copies the value of one that is kept, moves it out of one that is not, as get() does.
// Throws std::logic_error for an empty future.
template <class T>
detail::Awaiter<T> operator co_await(Future<T>& future) {
  future.raw_state().mark_shared();
  return {detail::Ref<detail::State>{&future.raw_state()}, false};
}
template <class T>
detail::Awaiter<T> operator co_await(Future<T>&& future) {
  return {detail::Ref<detail::State>{&future.raw_state()}, true};
}
template <class T>
detail::Awaiter<T> operator co_await(const SharedFuture<T>& future) {
  return {detail::Ref<detail::State>{&future.raw_state()}, false};
}

// Makes Future<T> a coroutine type.
template <class T>
struct Future<T>::promise_type : detail::CoroutinePromise<T> {
  // co_return of a value.
  template <class U>
  void return_value(U&& value) {
    this->state_->succeed(std::forward<U>(value));
  }
};
template <>
struct Future<void>::promise_type : detail::CoroutinePromise<void> {
  // co_return, or the end of the coroutine.
  void return_void() { state_->succeed(); }
};

}  // namespace forkmill
