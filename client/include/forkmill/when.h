// Several futures at once:
//
//     when_all(futures)          Future of all the values, in their order; the first error ends it at once
//     when_all(a, b, ...)        the same for different types, as a tuple (std::monostate for void)
//     when_any(futures)          the index of the first that is ready, in either way, with all the futures
//     as_completed(futures)      a range that gives each future as it becomes ready (as_completed.h)
//
// They take the futures over. Waiting for them needs no callback thread. An error or an end of the loop leaves the
// other tasks running; cancel() on the result of when_all() and when_any() cancels them all.
#pragma once

#include <forkmill/detail/note.h>
#include <forkmill/future.h>

#include <atomic>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace forkmill {

template <class T>
struct AnyOf {
  AnyOf(std::size_t first_ready, std::vector<Future<T>> all) : index{first_ready}, futures{std::move(all)} {}
  AnyOf(AnyOf&&) noexcept = default;
  AnyOf& operator=(AnyOf&&) noexcept = default;

  std::size_t index;
  std::vector<Future<T>> futures;

  Future<T>& first() { return futures[index]; }
};

namespace detail {

template <class Futures, class F>
void for_each_future(Futures& futures, F&& f) {
  if constexpr (requires { futures.begin(); }) {
    for (auto& future : futures) f(future);
  } else {
    std::apply([&](auto&... each) { (f(each), ...); }, futures);
  }
}

template <class Futures>
Ref<Origin> origin_of(Futures& futures) {
  Origin* origin = nullptr;
  for_each_future(futures, [&](auto& future) {
    if (origin == nullptr) origin = future.raw_state().origin();
  });
  return Ref<Origin>{origin};
}

// The inputs of one when_all or when_any, and who counts them.
template <class T, class Futures>
class Combined : public LocalState<T> {
 public:
  explicit Combined(Futures futures) : LocalState<T>{origin_of(futures), TaskId{}}, futures_{std::move(futures)} {
    bool driven = true;
    for_each_future(futures_, [&](auto& future) {
      auto& input = future.raw_state();
      inputs_.emplace_back(&input);
      if (input.needs_executor()) this->mark_needs_executor();
      driven = driven && waits_for(input, this->origin());
    });
    if (driven) this->mark_driven();
  }
  void cancel() override {
    for (auto& input : inputs_) input->cancel();
  }

 protected:
  template <class Self>
  void start(Self* self) {
    auto inputs = inputs_;
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i]->add(new Note<Self>{Ref<Self>{self}, i});
  }

  Futures futures_;
  std::vector<Ref<State>> inputs_;
};

template <class T, class Futures>
class AllState final : public Combined<T, Futures> {
 public:
  using Combined<T, Futures>::Combined;
  void start() {
    left_ = this->inputs_.size();
    if (left_ == 0) return this->publish();
    Combined<T, Futures>::start(this);
  }
  void note(std::size_t, State& input) noexcept {
    const auto& error = input.outcome().error();
    if (error && !ended_.exchange(true)) this->fail(error);
    if (--left_ == 0 && !ended_.exchange(true)) this->publish();
  }
  // Decoded by whoever reads, not by whoever resolves.
  Stored<T> take(bool may_move) override {
    if constexpr (requires { this->futures_.begin(); }) {
      if constexpr (std::is_void_v<T>) {
        for (auto& future : this->futures_) future.get();
        return {};
      } else {
        T values;
        values.reserve(this->futures_.size());
        for (auto& future : this->futures_) values.push_back(value_of(future, may_move));
        return values;
      }
    } else {
      return std::apply([&](auto&... future) { return T{value_of(future, may_move)...}; }, this->futures_);
    }
  }

 private:
  template <class U>
  static Stored<U> value_of(Future<U>& future, bool may_move) {
    return read<U>(future.raw_state(), may_move);
  }
  std::atomic<std::size_t> left_{0};
  std::atomic<bool> ended_{false};
};

template <class T>
class AnyState final : public Combined<AnyOf<T>, std::vector<Future<T>>> {
 public:
  using Combined<AnyOf<T>, std::vector<Future<T>>>::Combined;
  void start() { Combined<AnyOf<T>, std::vector<Future<T>>>::start(this); }
  void note(std::size_t index, State&) noexcept {
    if (!ended_.exchange(true)) this->succeed(index, std::move(this->futures_));
  }

 private:
  std::atomic<bool> ended_{false};
};

template <class T>
struct AllOf {
  using type = std::vector<T>;
};
template <>
struct AllOf<void> {
  using type = void;
};

}  // namespace detail

template <class T>
auto when_all(std::vector<Future<T>> futures) {
  using All = typename detail::AllOf<T>::type;
  auto state = detail::make_ref<detail::AllState<All, std::vector<Future<T>>>>(std::move(futures));
  state->start();
  return Future<All>{detail::Ref<detail::State>{std::move(state)}};
}

template <class... T>
auto when_all(Future<T>... futures) {
  using All = std::tuple<detail::Stored<T>...>;
  auto state = detail::make_ref<detail::AllState<All, std::tuple<Future<T>...>>>(std::tuple{std::move(futures)...});
  state->start();
  return Future<All>{detail::Ref<detail::State>{std::move(state)}};
}

// Throws std::invalid_argument if there are none: it would never be ready.
template <class T>
Future<AnyOf<T>> when_any(std::vector<Future<T>> futures) {
  if (futures.empty()) throw std::invalid_argument{"when_any of no futures would never be ready"};
  auto state = detail::make_ref<detail::AnyState<T>>(std::move(futures));
  state->start();
  return Future<AnyOf<T>>{detail::Ref<detail::State>{std::move(state)}};
}

}  // namespace forkmill
