// Gathering: waits for several states, and gives each as it becomes ready. Behind as_completed() and wait(). For the
// library.
#pragma once

#include <forkmill/detail/note.h>

#include <concepts>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace forkmill::detail {

// Awaitable: a type that can be waited for with others: Future, SharedFuture, AsyncResult.
template <class F>
concept Awaitable = requires(F& future) {
  typename F::Value;
  { future.raw_state() } -> std::same_as<State&>;
};

// The states behind the futures, in their order.
// Throws std::logic_error if one of them is empty.
template <class F>
std::vector<Ref<State>> states_of(std::vector<F>& futures) {
  std::vector<Ref<State>> states;
  states.reserve(futures.size());
  for (F& future : futures) states.emplace_back(&future.raw_state());
  return states;
}

// The futures, for a call that leaves them to the caller. Does not compile for futures that have one owner.
template <class F>
std::vector<F> copies_of(const std::vector<F>& futures) {
  static_assert(std::copy_constructible<F>, "forkmill: a future has one owner: pass std::move(futures)");
  if constexpr (std::copy_constructible<F>)
    return futures;
  else
    return {};
}

// CompletionOrder: the states that are ready and were not returned yet. Filled by the threads that resolve, emptied by
// the thread that waits.
class CompletionOrder : public Counted {
 public:
  // Begins to wait for these. Once, before the first next().
  void expect(std::vector<Ref<State>> inputs);
  // Waits for none of them any more. No input keeps this afterwards.
  void give_up() noexcept;
  // Call when a state has become ready. Any thread.
  void note(std::size_t index, State&) noexcept;
  // Blocks until a state is ready that was not returned before, and returns its index; none if the deadline has passed
  // first. A deadline in the past only looks.
  // Throws as State::wait() does. The waiting thread only.
  std::optional<std::size_t> next(const Deadline& deadline);

 private:
  bool sleep(const Deadline& deadline);
  // Throws if an input can not become ready while this thread waits.
  void check_wait();

  std::vector<Ref<State>> inputs_;
  std::vector<Note<CompletionOrder>> notes_;                // one for each input
  Ref<Origin> origin_;                                      // the first client of an input
  bool driven_ = true;                                      // a wait of origin_ sees all of them become ready
  std::vector<std::vector<Ref<State>>> made_by_callbacks_;  // inputs that callbacks make, by executor
  Signal some_;                                             // set: completed_ has something
  std::mutex mutex_;                                        // over completed_
  std::vector<std::size_t> completed_;
  std::vector<std::size_t> taken_;  // taken over from completed_, the next one last
};

// The owner of a CompletionOrder: begins it, and gives it up at its end. Movable.
class Gathering {
 public:
  explicit Gathering(std::vector<Ref<State>> inputs) : order_{make_ref<CompletionOrder>()} {
    order_->expect(std::move(inputs));
  }
  Gathering(Gathering&&) noexcept = default;
  Gathering& operator=(Gathering&&) = delete;
  ~Gathering() {
    if (order_) order_->give_up();
  }
  CompletionOrder* operator->() const noexcept { return order_.get(); }

 private:
  Ref<CompletionOrder> order_;
};

// Throws Timeout{Errc::timeout}.
[[noreturn]] void throw_unfinished(std::size_t left, std::size_t all);

}  // namespace forkmill::detail
