// Continuation: what is to be done once a state is ready; and the list of them that a state has. For the library.
#pragma once

#include <forkmill/detail/counted.h>
#include <forkmill/executor.h>

#include <atomic>
#include <utility>

namespace forkmill::detail {

class State;

// Continuation: runs once the state to which it was added is ready. Linked into the state's list until then, afterwards
// owned by the Work that it becomes.
class Continuation : public Runnable {
 public:
  // is_direct: see `direct`.
  explicit Continuation(bool is_direct) : direct{is_direct} {}

  // Gives a direct continuation up after run(). Deletes it, unless another object has it as a member.
  virtual void dispose() noexcept { delete this; }

  // The state that is ready; set before run() or abandon().
  Ref<State> source;
  // Link of the list that the continuation is in.
  Continuation* previous = nullptr;
  // Whether this is the library's own code, quick and without a user's function, which runs on the thread that
  // resolves. Any other runs on the executor.
  const bool direct;
};

// ContinuationList: a ring in the order of registration, linked through the continuations. One pointer, because a
// million states are outstanding at times.
//
// Not thread-safe, except for empty(). Does not own the continuations.
class ContinuationList {
 public:
  // Whether there are none. Any thread.
  bool empty() const noexcept { return first() == nullptr; }
  // The oldest one; null without any. Its `previous` is the newest.
  Continuation* first() const noexcept { return first_.load(std::memory_order_relaxed); }
  // Whether the continuation is in a list.
  static bool is_linked(const Continuation& link) noexcept { return link.previous != nullptr; }

  // Adds a continuation as the newest.
  void push(Continuation& link) noexcept {
    auto* oldest = first();
    auto* newest = oldest == nullptr ? &link : oldest->previous;
    link.next = oldest == nullptr ? &link : oldest;
    link.previous = newest;
    newest->next = &link;
    (oldest == nullptr ? &link : oldest)->previous = &link;
    if (oldest == nullptr) first_.store(&link, std::memory_order_relaxed);
  }
  // Takes a continuation out of this list.
  void erase(Continuation& link) noexcept {
    auto* next = static_cast<Continuation*>(std::exchange(link.next, nullptr));
    auto* previous = std::exchange(link.previous, nullptr);
    previous->next = next;
    next->previous = previous;
    if (first() == &link) first_.store(next == &link ? nullptr : next, std::memory_order_relaxed);
    if (next == &link) link.next = link.previous = nullptr;
  }
  // Takes the oldest one out; null without any.
  Continuation* pop() noexcept {
    auto* oldest = first();
    if (oldest != nullptr) erase(*oldest);
    return oldest;
  }

 private:
  std::atomic<Continuation*> first_{nullptr};
};

}  // namespace forkmill::detail
