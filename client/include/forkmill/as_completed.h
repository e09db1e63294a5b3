// as_completed(futures): a range that gives each future as soon as it is ready.
//
//     for (auto& done : forkmill::as_completed(client.map(kCountWords, paths))) merge(done.get());
//
// Futures that have a name are moved in:
//
//     auto futures = client.map(kCountWords, paths);
//     for (auto& done : forkmill::as_completed(std::move(futures))) merge(done.get());
//
// A future that has an error comes as well; get() throws it. To go on behind it:
//
//     for (auto& done : forkmill::as_completed(client.map(kCountWords, paths)))
//       if (done.successful()) merge(done.get());
//
// With a time limit, the loop throws Timeout when not all futures are ready in time; the range still has the others:
//
//     auto counts = forkmill::as_completed(client.map(kCountWords, paths), 5s);
//     try {
//       for (auto& done : counts) merge(done.get());
//     } catch (const forkmill::Timeout&) {
//       for (auto& late : counts.release_rest()) late.cancel();
//     }
//
// For Future<T>, SharedFuture<T> and AsyncResult<T>. The range owns the futures. A vector of SharedFuture
// or AsyncResult may also be passed without std::move(); it is copied. Waiting needs no callback thread. Leaving the
// loop early leaves the other tasks running; their futures go with the range, without being cancelled, and keep nothing
// of it.
#pragma once

#include <forkmill/detail/gathering.h>
#include <forkmill/future.h>

#include <chrono>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace forkmill {

// Completions<F>: the range that as_completed() returns for futures of type F. Each future is given exactly once, in
// the order in which they become ready; references stay valid as long as the range. Single pass, one thread.
template <class F>
class Completions {
 public:
  // An input iterator. ++ and begin() block until the next future is ready.
  class Iterator {
   public:
    // As std::input_iterator wants them.
    using value_type = F;
    using difference_type = std::ptrdiff_t;
    // Made by begin().
    explicit Iterator(Completions* range) : range_{range} {}
    // The current future, which is ready. Not at the end.
    F& operator*() const { return *range_->current_; }
    F* operator->() const { return range_->current_; }
    // Waits for the next future.
    // Throws Timeout{Errc::timeout} when the time of as_completed() is over, and Error{bad_request} as Future::wait()
    // does. The loop may then be resumed, or release_rest() called.
    Iterator& operator++() {
      range_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    // Whether all futures have been given.
    bool operator==(std::default_sentinel_t) const { return range_->current_ == nullptr; }

   private:
    Completions* range_;
  };

  // Takes the futures over. deadline: of the whole loop; empty: none.
  // Throws std::logic_error if one of them is empty.
  explicit Completions(std::vector<F> futures, const detail::Deadline& deadline = {})
      : futures_{std::move(futures)},
        given_(futures_.size()),
        left_{futures_.size()},
        deadline_{deadline},
        gathering_{detail::states_of(futures_)} {}
  // Waits for the first future on the first call; later calls return the current one.
  // Throws as ++ does.
  Iterator begin() {
    if (!std::exchange(begun_, true)) advance();
    return Iterator{this};
  }
  std::default_sentinel_t end() const { return {}; }
  // Number of all futures.
  std::size_t size() const { return futures_.size(); }
  // Gives the futures up that the loop has not given, in their order. The range is at its end afterwards.
  // Never blocks.
  std::vector<F> release_rest() {
    std::vector<F> rest;
    for (std::size_t i = 0; i < futures_.size(); ++i)
      if (!given_[i]) rest.push_back(std::move(futures_[i]));
    given_.assign(futures_.size(), true);
    left_ = 0;
    return rest;
  }

 private:
  void advance() {
    current_ = nullptr;
    if (left_ == 0) return;
    const auto index = gathering_->next(deadline_);
    if (!index) detail::throw_unfinished(left_, futures_.size());
    --left_;
    given_[*index] = true;
    current_ = &futures_[*index];
  }

  std::vector<F> futures_;
  std::vector<bool> given_;  // by the loop, or by release_rest()
  std::size_t left_;
  detail::Deadline deadline_;
  bool begun_ = false;
  F* current_ = nullptr;
  detail::Gathering gathering_;
};

// Returns the range. timeout: for all futures together, from now on; zero or less gives those that are ready.
// Does not wait.
// Throws std::logic_error if one of the futures is empty.
//
// Python: as_completed(fs), as_completed(fs, timeout=5)
template <detail::Awaitable F>
Completions<F> as_completed(std::vector<F>&& futures) {
  return Completions<F>{std::move(futures)};
}
template <detail::Awaitable F, class Rep, class Period>
Completions<F> as_completed(std::vector<F>&& futures, std::chrono::duration<Rep, Period> timeout) {
  const auto span = detail::saturated<std::chrono::nanoseconds>(timeout);
  return Completions<F>{std::move(futures), detail::deadline_after(span)};
}

// The same for copies of the futures.
template <detail::Awaitable F>
Completions<F> as_completed(const std::vector<F>& futures) {
  return as_completed(detail::copies_of(futures));
}
template <detail::Awaitable F, class Rep, class Period>
Completions<F> as_completed(const std::vector<F>& futures, std::chrono::duration<Rep, Period> timeout) {
  return as_completed(detail::copies_of(futures), timeout);
}

}  // namespace forkmill
