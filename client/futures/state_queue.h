// StateQueue: what a thread has still to do for states that became ready, or lost their last owner, while it was doing
// the same for another one. Chains of states are worked off one after the other, so that their length costs no stack.
#pragma once

#include <forkmill/detail/state.h>

#include <utility>

namespace forkmill::detail {

// One for each thread and purpose; only its thread uses it. Links the states through themselves, so that nothing is
// allocated. A state is in one queue at most: in that of the thread that hands out its continuations while it has
// owners, and in that of the thread that deletes it afterwards.
class StateQueue {
 public:
  // Calls each(state), and for all states that are added meanwhile; leaves that to an outer call if there is one.
  template <class F>
  void add(State& state, F each) noexcept {
    push(state);
    if (std::exchange(busy_, true)) return;
    work_off(each);
    busy_ = false;
  }
  // Calls each(state) for all that wait, also inside of an outer call, which then finds none.
  template <class F>
  void work_off(F each) noexcept {
    while (first_ != nullptr) each(pop());
  }

 private:
  void push(State& state) noexcept {
    (first_ == nullptr ? first_ : last_->next_) = &state;
    last_ = &state;
  }
  State& pop() noexcept {
    State& state = *first_;
    first_ = std::exchange(state.next_, nullptr);
    return state;
  }

  State* first_ = nullptr;
  State* last_ = nullptr;
  bool busy_ = false;
};

}  // namespace forkmill::detail
