// The continuations behind Future<T>::then(), on_error() and finally(). Not for users.
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

template <class T>
struct Unwrapped {  // Future<Future<U>> is Future<U>
  using type = T;
  static constexpr bool is_future = false;
};
template <class T>
struct Unwrapped<Future<T>> {
  using type = T;
  static constexpr bool is_future = true;
};

template <class F, class T>
struct ResultOf {
  using type = std::invoke_result_t<F, T>;
};
template <class F>
struct ResultOf<F, void> {
  using type = std::invoke_result_t<F>;
};
// What f returns when it is called with the value of a Future<T>.
template <class F, class T>
using CallResult = std::decay_t<typename ResultOf<F, T>::type>;

// The exception type that a handler takes: E of f(const E&), exception_ptr, or Error for a generic lambda.
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
  static std::decay_t<E> taken(R (C::*)(E));
  template <class R, class C, class E>
  static std::decay_t<E> taken(R (C::*)(E) const);
  using type = decltype(taken(&F::operator()));
};

// Resolves `target` as `source` once that is ready.
template <class U>
class Forward final : public Continuation {
 public:
  explicit Forward(Ref<LocalState<U>> target) : Continuation{true}, target_{std::move(target)} {}
  void run() noexcept override { target_->become(std::move(source)); }
  void abandon() noexcept override { run(); }

 private:
  Ref<LocalState<U>> target_;
};

// Resolves `target` with what the call returns; a future that it returns is followed to its end.
template <class U, class Call>
void resolve_with(const Ref<LocalState<U>>& target, Call&& call) noexcept {
  using R = std::invoke_result_t<Call>;
  try {
    if constexpr (Unwrapped<std::decay_t<R>>::is_future) {
      auto inner = call();
      target->follow(Ref<State>{&inner.raw_state()});
      inner.raw_state().add(new Forward<U>{target});
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

inline std::exception_ptr closed_error() {
  return std::make_exception_ptr(Disconnected{Errc::client_closed, "its callback was dropped by the executor"});
}

template <class T, class U, class F>
class Then final : public Continuation {
 public:
  Then(Ref<LocalState<U>> target, F call, bool may_move)
      : Continuation{false}, target_{std::move(target)}, call_{std::move(call)}, may_move_{may_move} {}

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

template <class T, class F>
class OnError final : public Continuation {
 public:
  OnError(Ref<LocalState<T>> target, F call)
      : Continuation{false}, target_{std::move(target)}, call_{std::move(call)} {}

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
  template <class E>
  void handle(const std::exception_ptr& error, const E& caught) noexcept {
    using R = std::invoke_result_t<F, const E&>;
    if constexpr (std::is_void_v<R>) {  // looks on: the error stays
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

template <class T, class F>
class Finally final : public Continuation {
 public:
  Finally(Ref<LocalState<T>> target, F call)
      : Continuation{false}, target_{std::move(target)}, call_{std::move(call)} {}

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
