// Counting several futures: used by when_all(), when_any() and as_completed(). Not for users.
#pragma once

#include <forkmill/detail/state.h>

namespace forkmill::detail {

// Calls note(index, state) on the target when its input is ready.
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

// Whether a wait() of this origin sees the input become ready.
inline bool waits_for(const State& input, const Origin* origin) {
  return input.ready() || (input.is_driven() && input.origin() == origin);
}

}  // namespace forkmill::detail
