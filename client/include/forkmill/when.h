// Several futures at once:
//
//     when_all(futures)          Future of all the values, in their order; the first error ends it at once
//     when_all(a, b, ...)        the same for different types, as a tuple (std::monostate for void)
//     when_any(futures)          the index of the first that is ready, in either way, with all the futures
//     as_completed(futures)      a range that gives each future as it becomes ready
//
// They take the futures over. Waiting for them needs no callback thread. An error or an end of the loop leaves the other
// tasks running; cancel() on the result of when_all() and when_any() cancels them all.
#pragma once

#include <forkmill/future.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace forkmill {

template <class T>
struct AnyOf {
  std::size_t index = 0;
  std::vector<Future<T>> futures;

  Future<T>& first() { return futures[index]; }
};

namespace detail {

// Calls note(index, state) on the target when one of its inputs is ready.
template <class Target>
class Note final : public Continuation {
 public:
  Note(Ref<Target> target, std::size_t index) : Continuation{true}, target_{std::move(target)}, index_{index} {}
  void run() noexcept override { target_->note(index_, *source); }
  void abandon() noexcept override { run(); }

 private:
  Ref<Target> target_;
  std::size_t index_;
};

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
  Ref<Origin> origin;
  for_each_future(futures, [&](auto& future) {
    if (!origin) origin = Ref<Origin>{future.raw_state().origin()};
  });
  return origin;
}

// The inputs of one when_all or when_any, and who counts them.
template <class T, class Futures>
class Combined : public LocalState<T> {
 public:
  explicit Combined(Futures futures)
      : LocalState<T>{origin_of(futures), TaskId{}}, futures_{std::move(futures)} {
    for_each_future(futures_, [&](auto& future) {
      inputs_.emplace_back(&future.raw_state());
      if (future.raw_state().needs_executor()) this->mark_needs_executor();
    });
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
    if (!ended_.exchange(true)) this->succeed(AnyOf<T>{index, std::move(this->futures_)});
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

// Which futures are ready and not yet given out: filled by resolvers, emptied by the loop over as_completed().
class CompletionOrder : public Counted {
 public:
  void note(std::size_t index, State&) noexcept;
  std::size_t next(Origin* origin);  // waits

 private:
  Signal some_;
  std::mutex mutex_;
  std::vector<std::size_t> completed_;
  std::vector<std::size_t> taken_;  // by the loop, the next one last
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

// A range to go through once, by one thread. Its futures are those given, each exactly once, in the order in which they
// became ready; the references stay valid as long as the range. Advancing waits.
template <class T>
class Completions {
 public:
  class Iterator {
   public:
    using value_type = Future<T>;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(Completions* range) : range_{range} {}
    Future<T>& operator*() const { return *range_->current_; }
    Future<T>* operator->() const { return range_->current_; }
    Iterator& operator++() {
      range_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return range_->current_ == nullptr; }

   private:
    Completions* range_;
  };

  explicit Completions(std::vector<Future<T>> futures)
      : futures_{std::move(futures)}, left_{futures_.size()}, order_{detail::make_ref<detail::CompletionOrder>()} {
    for (std::size_t i = 0; i < futures_.size(); ++i)
      futures_[i].raw_state().add(new detail::Note<detail::CompletionOrder>{order_, i});
  }
  Iterator begin() {
    if (!std::exchange(begun_, true)) advance();
    return Iterator{this};
  }
  std::default_sentinel_t end() const { return {}; }
  std::size_t size() const { return futures_.size(); }

 private:
  void advance() {
    if (left_ == 0) {
      current_ = nullptr;
      return;
    }
    --left_;
    current_ = &futures_[order_->next(futures_.front().raw_state().origin())];
  }

  std::vector<Future<T>> futures_;
  std::size_t left_;
  bool begun_ = false;
  Future<T>* current_ = nullptr;
  detail::Ref<detail::CompletionOrder> order_;
};

template <class T>
Completions<T> as_completed(std::vector<Future<T>> futures) {
  return Completions<T>{std::move(futures)};
}

}  // namespace forkmill
