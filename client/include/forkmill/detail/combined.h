// The states of when_all() and when_any() (when.h). For the library.
#pragma once

#include <forkmill/detail/gathering.h>
#include <forkmill/detail/note.h>
#include <forkmill/future.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

template <class T>
struct AnyOf;

namespace detail {

// Calls f for each future of a vector or a tuple.
template <class Futures, class F>
void for_each_future(Futures& futures, F&& f) {
  if constexpr (requires { futures.begin(); }) {
    for (auto& future : futures) f(future);
  } else {
    std::apply([&](auto&... each) { (f(each), ...); }, futures);
  }
}

// The first client among the futures; null if none has one.
template <class Futures>
Ref<Origin> origin_of(Futures& futures) {
  Origin* origin = nullptr;
  for_each_future(futures, [&](auto& future) {
    if (origin == nullptr) origin = future.raw_state().origin();
  });
  return Ref<Origin>{origin};
}

// Combined: a state that holds the inputs of one when_all() or when_any() and is told as each becomes ready. Once it
// has ended, no input keeps it, and it keeps only what its value needs.
//
// Self: the derived class, which has note(index, input).
template <class Self, class T, class Futures>
class Combined : public LocalState<T> {
 public:
  // Takes the futures over. The state counts as driven only if a wait of its client sees all inputs become ready, and
  // as made by a callback if one of its inputs is.
  explicit Combined(Futures futures) : LocalState<T>{origin_of(futures), TaskId{}}, futures_{std::move(futures)} {
    bool driven = true;
    for_each_future(futures_, [&](auto& future) {
      auto& input = future.raw_state();
      inputs_.emplace_back(&input);
      if (input.needs_executor()) this->mark_needs_executor();
      driven = driven && waits_for(input, this->origin());
    });
    if (driven) this->mark_driven();
    notes_ = std::vector<Note<Self>>(inputs_.size());
  }

 protected:
  // Asks to be told. Apart from the constructor, because an input may be ready already.
  void hook_notes() {
    const auto inputs = inputs_;  // a note may end the state, and with it inputs_
    for (std::size_t i = 0; i < inputs.size() && !ended_; ++i) {
      notes_[i].hook(static_cast<Self&>(*this), *inputs[i], i);
      if (ended_) notes_[i].unhook(*inputs[i]);  // the end may have come before the note was there
    }
  }
  // Ends the wait for inputs. Returns false if another thread has ended it.
  bool end() noexcept {
    if (ended_.exchange(true)) return false;
    std::vector<Ref<State>> inputs;
    {
      const std::lock_guard hold{mutex_};
      inputs.swap(inputs_);
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) notes_[i].unhook(*inputs[i]);
    return true;
  }
  // Cancels every task among the inputs.
  void cancel_or_pass_on(State::States& others, State::States&) override {
    const std::lock_guard hold{mutex_};
    others.insert(others.end(), inputs_.rbegin(), inputs_.rend());
  }

  Futures futures_;  // until they are given to the reader, or the state has ended without a value

 private:
  std::atomic<bool> ended_{false};
  std::mutex mutex_;                // over inputs_
  std::vector<Ref<State>> inputs_;  // the states of the futures, in their order; none after the end
  std::vector<Note<Self>> notes_;   // one for each input
};

// The state of when_all(): ready with the last value, or with the first error.
template <class T, class Futures>
class AllState final : public Combined<AllState<T, Futures>, T, Futures> {
  using Base = Combined<AllState<T, Futures>, T, Futures>;

 public:
  explicit AllState(Futures futures) : Base{std::move(futures)} {}
  // Begins to count; ready at once without inputs.
  void start() {
    for_each_future(this->futures_, [&](auto&) { ++left_; });
    if (left_ == 0) return this->publish();
    this->hook_notes();
  }
  // Called once for each input when it is ready, by any thread; whichever comes first to an end resolves the state.
  void note(std::size_t, State& input) noexcept {
    const auto error = error_in(input);
    if (!error && --left_ != 0) return;
    if (!this->end()) return;
    if (error || std::is_void_v<T>) this->futures_ = Futures{};  // nothing of them will be read
    if (error) return this->fail(error);
    this->publish();
  }
  // Decodes the values on the thread that reads them, not on the one that resolves.
  Stored<T> take(bool may_move) override {
    if constexpr (std::is_void_v<T>) {
      return {};
    } else if constexpr (requires { this->futures_.begin(); }) {
      T values;
      values.reserve(this->futures_.size());
      for (auto& future : this->futures_) values.push_back(value_of(future, may_move));
      return values;
    } else {
      return std::apply([&](auto&... future) { return T{value_of(future, may_move)...}; }, this->futures_);
    }
  }

 private:
  // Without values to be read later, an input whose bytes are not of its type is an error at once.
  static std::exception_ptr error_in(State& input) noexcept {
    if constexpr (std::is_void_v<T>)
      return error_of<void>(input);
    else
      return input.outcome().error();
  }
  template <class U>
  static Stored<U> value_of(Future<U>& future, bool may_move) {
    return read<U>(future.raw_state(), may_move);
  }
  std::atomic<std::size_t> left_{0};  // inputs that are not ready
};

// The state of when_any(): ready with the first input.
template <class T>
class AnyState final : public Combined<AnyState<T>, AnyOf<T>, std::vector<Future<T>>> {
  using Base = Combined<AnyState<T>, AnyOf<T>, std::vector<Future<T>>>;

 public:
  explicit AnyState(std::vector<Future<T>> futures) : Base{std::move(futures)} {}
  // Begins to wait for the first input.
  void start() { this->hook_notes(); }
  // Call when an input is ready. The first one resolves the state.
  void note(std::size_t index, State&) noexcept {
    if (this->end()) this->succeed(index, std::move(this->futures_));
  }
};

// Futures of the same outcomes: SharedFuture::future(), AsyncResult::future().
template <class F>
auto futures_of(const std::vector<F>& owners) {
  std::vector<Future<typename F::Value>> futures;
  futures.reserve(owners.size());
  for (const F& owner : owners) futures.push_back(owner.future());
  return futures;
}

// Type of all values of a vector of futures: a vector, or void.
template <class T>
struct AllOf {
  using type = std::vector<T>;
};
template <>
struct AllOf<void> {
  using type = void;
};

}  // namespace detail

}  // namespace forkmill
