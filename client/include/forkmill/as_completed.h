// as_completed(futures): a range that gives each future as soon as it is ready.
//
//     for (auto& done : forkmill::as_completed(client.map(kCountWords, paths))) merge(done.get());
//
// A future that has an error comes as well; get() throws it. To go on behind it:
//
//     for (auto& done : forkmill::as_completed(client.map(kCountWords, paths)))
//       if (done.successful()) merge(done.get());
//
// The range takes the futures over. Waiting needs no callback thread. Leaving the loop early leaves the other tasks
// running; their futures go with the range, without being cancelled.
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

// CompletionOrder: the futures that are ready and not yet given out. Filled by the threads that resolve, emptied by the
// loop over as_completed().
class CompletionOrder : public Counted {
 public:
  // Begins to wait for these. Once, before the first next().
  void expect(std::vector<Ref<State>> inputs);
  // Waits for none of them any more. No input keeps this afterwards.
  void give_up() noexcept;
  // A future has become ready. Any thread.
  void note(std::size_t index, State&) noexcept;
  // Blocks until a future is ready that was not returned before, and returns its index.
  // Throws Error{bad_request} where the wait would never end. The loop's thread only.
  std::size_t next();

 private:
  std::vector<Ref<State>> inputs_;
  std::vector<Note<CompletionOrder>> notes_;  // one for each input
  Ref<Origin> origin_;           // the client of all futures, if they have one in common and it resolves them
  bool driven_ = true;           // a wait of origin_ sees all of them become ready
  Ref<State> made_by_callback_;  // an input that a callback makes, if there is any
  Signal some_;                  // set: completed_ has something
  std::mutex mutex_;             // over completed_
  std::vector<std::size_t> completed_;
  std::vector<std::size_t> taken_;  // taken over from completed_, the next one last
};

}  // namespace detail

// Completions<T>: the range that as_completed() returns. Each future is given exactly once, in the order in which they
// become ready; references stay valid as long as the range. To be gone through once, by one thread.
template <class T>
class Completions {
 public:
  // An input iterator. ++ and begin() block until the next future is ready.
  class Iterator {
   public:
    // As std::input_iterator wants them.
    using value_type = Future<T>;
    using difference_type = std::ptrdiff_t;
    // Made by begin().
    explicit Iterator(Completions* range) : range_{range} {}
    // The current future, which is ready. Not at the end.
    Future<T>& operator*() const { return *range_->current_; }
    Future<T>* operator->() const { return range_->current_; }
    // Waits for the next future.
    // Throws Error{bad_request} as Future::wait() does.
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

  // Takes the futures over.
  // Throws std::logic_error if one of them is empty.
  explicit Completions(std::vector<Future<T>> futures)
      : futures_{std::move(futures)}, left_{futures_.size()}, order_{detail::make_ref<detail::CompletionOrder>()} {
    std::vector<detail::Ref<detail::State>> inputs;
    for (auto& future : futures_) inputs.emplace_back(&future.raw_state());
    order_->expect(std::move(inputs));
  }
  Completions(Completions&&) noexcept = default;
  Completions& operator=(Completions&&) = delete;
  // Waits for no future any more.
  ~Completions() {
    if (order_) order_->give_up();
  }
  // Waits for the first future on the first call; later calls return the current one.
  Iterator begin() {
    if (!std::exchange(begun_, true)) advance();
    return Iterator{this};
  }
  std::default_sentinel_t end() const { return {}; }
  // Number of all futures.
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

// Returns the range.
// Does not wait.
// Throws std::logic_error if one of the futures is empty.
template <class T>
Completions<T> as_completed(std::vector<Future<T>> futures) {
  return Completions<T>{std::move(futures)};
}

}  // namespace forkmill
