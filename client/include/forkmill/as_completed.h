// as_completed(futures): a range that gives each future as soon as it is ready.
//
//     for (auto& done : forkmill::as_completed(client.map(kCountWords, paths))) merge(done.get());
//
// It takes the futures over; waiting needs no callback thread. Leaving the loop early leaves the other tasks running.
#pragma once

#include <forkmill/detail/note.h>
#include <forkmill/future.h>

#include <cstddef>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace forkmill {

namespace detail {

// Which futures are ready and not yet given out: filled by resolvers, emptied by the loop over as_completed().
class CompletionOrder : public Counted {
 public:
  void expect(State& state, std::size_t index);
  void note(std::size_t index, State&) noexcept;
  // Waits. Throws Error where that would never end.
  std::size_t next();

 private:
  Ref<Origin> origin_;  // of all that are expected, if they have one in common and it resolves them
  bool driven_ = true;
  Ref<State> made_by_callback_;  // one of those, if there are any
  Signal some_;
  std::mutex mutex_;
  std::vector<std::size_t> completed_;
  std::vector<std::size_t> taken_;  // by the loop, the next one last
};

}  // namespace detail

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
    for (std::size_t i = 0; i < futures_.size(); ++i) order_->expect(futures_[i].raw_state(), i);
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
    current_ = &futures_[order_->next()];
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
