// Note: tells a counter that one of several futures is ready. Used by when_all(), when_any() and as_completed(). For
// the library.
#pragma once

#include <forkmill/detail/state.h>

namespace forkmill::detail {

// Calls note(index, state) on the target when its input is ready: once, on the thread that resolves the input, so
// note() must be quick and must not throw.
template <class Target>
class Note final : public Continuation {
 public:
  // index: passed on to note(), so that the target knows which of its inputs is ready.
  Note(Ref<Target> target, std::size_t index) : Continuation{true}, target_{std::move(target)}, index_{index} {}
  void run() noexcept override { target_->note(index_, *source); }
  void abandon() noexcept override { run(); }

 private:
  Ref<Target> target_;
  std::size_t index_;
};

// Whether a wait of `origin` sees the input become ready: then a waiting thread can drive the client itself.
inline bool waits_for(const State& input, const Origin* origin) {
  return input.ready() || (input.is_driven() && input.origin() == origin);
}

}  // namespace forkmill::detail
