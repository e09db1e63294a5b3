// co_await on futures, in any coroutine; and Future<T> as the return type of coroutines of your own:
//
//     forkmill::Future<int> longest(forkmill::Client& client, std::vector<std::string> paths) {
//       int best = 0;
//       for (auto& counted : client.map(kCount, paths)) best = std::max(best, co_await counted);
//       co_return best;
//     }
//
// A coroutine starts at once in its caller; after a co_await that had to wait it goes on on the executor of the future
// awaited. co_await gives what get() gives, or throws what it throws. The coroutine lives until it ends, whether or not
// its Future is kept; what its parameters refer to must live as long.
#pragma once

#include <forkmill/future.h>

#include <coroutine>

namespace forkmill {

namespace detail {

class Resume final : public Continuation {
 public:
  explicit Resume(std::coroutine_handle<> coroutine) : Continuation{false}, coroutine_{coroutine} {}
  void run() noexcept override {
    try {
      coroutine_.resume();
    } catch (...) {
      log_callback_error("a coroutine");
    }
  }
  void abandon() noexcept override { run(); }  // the future awaited is ready all the same

 private:
  std::coroutine_handle<> coroutine_;
};

template <class T>
class Awaiter {
 public:
  Awaiter(Ref<State> state, bool may_move) : state_{std::move(state)}, may_move_{may_move} {}
  bool await_ready() const noexcept { return state_->ready(); }
  void await_suspend(std::coroutine_handle<> coroutine) {
    Ref<State> { state_ } -> add(new Resume{coroutine});
  }
  T await_resume() {
    if constexpr (std::is_void_v<T>)
      read<T>(*state_, may_move_);
    else
      return read<T>(*state_, may_move_);
  }
  Origin* origin() const noexcept { return state_->origin(); }

 private:
  Ref<State> state_;  // keeps it, if the coroutine drops the future meanwhile
  bool may_move_;
};

template <class T>
class CoroutinePromise {
 public:
  CoroutinePromise() { state_->mark_needs_executor(); }
  Future<T> get_return_object() { return Future<T>{Ref<State>{state_}}; }
  std::suspend_never initial_suspend() noexcept { return {}; }
  std::suspend_never final_suspend() noexcept { return {}; }
  void unhandled_exception() { state_->fail(std::current_exception()); }

  // Up to the first co_await that waits, nobody else has the future yet: until then it may become one of the client
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
  bool seen_by_others_ = false;
  Ref<LocalState<T>> state_ = make_ref<LocalState<T>>(Ref<Origin>{}, TaskId{});
};

}  // namespace detail

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

template <class T>
struct Future<T>::promise_type : detail::CoroutinePromise<T> {
  template <class U>
  void return_value(U&& value) {
    this->state_->succeed(std::forward<U>(value));
  }
};
template <>
struct Future<void>::promise_type : detail::CoroutinePromise<void> {
  void return_void() { state_->succeed(); }
};

}  // namespace forkmill
