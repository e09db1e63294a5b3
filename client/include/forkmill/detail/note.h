// Note: tells a target that one of its inputs is ready. Used by when_all(), when_any(), as_completed() and wait(). For
// the library.
#pragma once

#include <forkmill/detail/state.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace forkmill::detail {

// A continuation that is a member of its target, so that it costs no allocation and can be taken back: an input that
// lives on keeps nothing of a target that has ended.
//
// Calls target.note(index, input) when the input is ready: once, on the thread that resolves the input, so note() must
// be quick and must not throw. Keeps the target alive while it is linked, or runs.
template <class Target>
class Note final : public Continuation {
 public:
  Note() : Continuation{true} {}
  // Links the note to the input. The last call may end the target: the caller must own it.
  void hook(Target& target, State& input, std::size_t index) {
    target_ = Ref<Target>{&target};
    index_ = index;
    input.add(this);
  }
  // Takes the note back from the input, if it has not run.
  void unhook(State& input) noexcept {
    if (input.remove(*this)) dispose();
  }

  void run() noexcept override { target_->note(index_, *source); }
  void abandon() noexcept override { run(); }
  // Lets go of the input and the target.
  void dispose() noexcept override {
    source = {};
    const auto last = std::move(target_);  // this note goes with the target
  }

 private:
  Ref<Target> target_;
  std::size_t index_ = 0;
};

// Whether a wait of `origin` sees the input become ready: then a waiting thread can drive the client itself.
inline bool waits_for(const State& input, const Origin* origin) {
  return input.ready() || (input.is_driven() && input.origin() == origin);
}

}  // namespace forkmill::detail
