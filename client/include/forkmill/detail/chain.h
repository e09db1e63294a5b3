// The continuations behind Future<T>::then(), on_error() and finally(): each resolves one target state when its source
// is ready. For the library.
//
// Invariants: a target is resolved exactly once, by run() or by abandon(). run() is called on the source's executor,
// after `source` has been set. Exceptions of a user's function go into the target and never leave run().
#pragma once

#include <forkmill/detail/value.h>
#include <forkmill/errors.h>

#include <concepts>
#include <functional>

namespace forkmill {
template <class T>
class Future;
}

namespace forkmill::detail {

// The value type of a future of T: a function that returns a Future<U> makes a Future<U>, not a Future<Future<U>>.
template <class T>
struct Unwrapped {
  using type = T;
  static constexpr bool is_future = false;
};
template <class T>
struct Unwrapped<Future<T>> {
  using type = T;
  static constexpr bool is_future = true;
};

// The result of calling F with a T, or with nothing for void.
template <class F, class T>
struct ResultOf {
  using type = std::invoke_result_t<F, T>;
};
template <class F>
struct ResultOf<F, void> {
  using type = std::invoke_result_t<F>;
};
// Whether F can be called with the value of a Future<T>.
template <class F, class T>
inline constexpr bool kTakes = std::is_invocable_v<F, T>;
template <class F>
inline constexpr bool kTakes<F, void> = std::is_invocable_v<F>;
// The result of calling F with the value of a Future<T>, without references.
template <class F, class T>
using CallResult = std::decay_t<typename ResultOf<F, T>::type>;

// The exception type that a handler of on_error() takes: E of f(const E&), exception_ptr, or Error for a generic
// lambda.
template <class F>
struct HandledBy {
  using type = Error;
};
template <class R, class E>
struct HandledBy<R (*)(E)> {
  using type = std::decay_t<E>;
};
template <class F>
requires requires { &F::operator(); }
struct HandledBy<F> {
  template <class R, class C, class E>
  // Only declared: the type of the one parameter of the call operator, which must not be overloaded.
  static std::decay_t<E> taken(R (C::*)(E));
  template <class R, class C, class E>
  static std::decay_t<E> taken(R (C::*)(E) const);
  using type = decltype(taken(&F::operator()));
};

// Resolves `target` with the result of the call; a future that it returns is followed to its end. An exception of the
// call becomes the error.
template <class U, class Call>
void resolve_with(const Ref<LocalState<U>>& target, Call&& call) noexcept {
  using R = std::invoke_result_t<Call>;
  try {
    if constexpr (Unwrapped<std::decay_t<R>>::is_future) {
      target->follow(call().release_state());
    } else if constexpr (std::is_void_v<R>) {
      call();
      target->succeed();
    } else {
      target->succeed(call());
    }
  } catch (...) {
    target->fail(std::current_exception());
  }
}

// The error of a target that nothing will resolve any more.
inline std::exception_ptr closed_error(const char* why = "its callback was dropped by the executor") {
  return std::make_exception_ptr(Disconnected{Errc::client_closed, why});
}

// The continuation of then(): calls `call` with the value of the source; passes an error on. may_move: the value may be
// moved out.
template <class T, class U, class F>
class Then final : public Continuation {
 public:
  // call: owned, called once at most, and destroyed with this.
  Then(Ref<LocalState<U>> target, F call, bool may_move)
      : Continuation{false}, target_{std::move(target)}, call_{std::move(call)}, may_move_{may_move} {}

  // A result that cannot be decoded is thrown by read(), inside resolve_with(), and becomes the error of the target.
  void run() noexcept override {
    if (source->outcome().error()) return target_->become(std::move(source));
    resolve_with(target_, [&]() -> decltype(auto) {
      if constexpr (std::is_void_v<T>) {
        read<void>(*source, may_move_);
        return std::invoke(std::move(call_));
      } else {
        return std::invoke(std::move(call_), read<T>(*source, may_move_));
      }
    });
  }
  void abandon() noexcept override { target_->fail(closed_error()); }

 private:
  Ref<LocalState<U>> target_;
  F call_;
  bool may_move_;
};

// The continuation of on_error(): calls `call` with an error of the class that it handles; passes everything else on.
template <class T, class F>
class OnError final : public Continuation {
 public:
  // call: owned, called once at most.
  OnError(Ref<LocalState<T>> target, F call)
      : Continuation{false}, target_{std::move(target)}, call_{std::move(call)} {}

  // Catches the error as the class that the handler takes; an error of another class ends the target as it is.
  void run() noexcept override {
    auto error = error_of<T>(*source);
    if (!error) return target_->become(std::move(source));
    using Handled = typename HandledBy<F>::type;
    if constexpr (std::same_as<Handled, std::exception_ptr>) {
      handle(error, error);
    } else {
      try {
        std::rethrow_exception(error);
      } catch (const Handled& caught) {
        handle(error, caught);
      } catch (...) {
        target_->fail(std::current_exception());
      }
    }
  }
  void abandon() noexcept override { target_->fail(closed_error()); }

 private:
  // Calls the handler. error: the one that stays if the handler returns nothing.
  template <class E>
  void handle(const std::exception_ptr& error, const E& caught) noexcept {
    using R = std::invoke_result_t<F, const E&>;
    if constexpr (std::is_void_v<R>) {  // the handler only looks on: the error stays
      try {
        std::invoke(std::move(call_), caught);
        target_->fail(error);
      } catch (...) {
        target_->fail(std::current_exception());
      }
    } else {
      resolve_with(target_, [&] { return std::invoke(std::move(call_), caught); });
    }
  }

  Ref<LocalState<T>> target_;
  F call_;
};

// The continuation of finally(): calls `call` after either end, and passes the end on, also when the callback was
// dropped.
template <class T, class F>
class Finally final : public Continuation {
 public:
  // call: owned, called once at most.
  Finally(Ref<LocalState<T>> target, F call)
      : Continuation{false}, target_{std::move(target)}, call_{std::move(call)} {}

  // The exception of `call` is logged and changes nothing.
  void run() noexcept override {
    try {
      std::invoke(std::move(call_));
    } catch (...) {
      log_callback_error("finally");
    }
    target_->become(std::move(source));
  }
  void abandon() noexcept override { target_->become(std::move(source)); }

 private:
  Ref<LocalState<T>> target_;
  F call_;
};

}  // namespace forkmill::detail
