#include <forkmill/as_completed.h>

#include <algorithm>

namespace forkmill::detail {

void CompletionOrder::expect(State& state, std::size_t index) {
  if (!origin_) origin_ = Ref<Origin>{state.origin()};
  driven_ = driven_ && waits_for(state, origin_.get());
  if (state.needs_executor() && !made_by_callback_) made_by_callback_ = Ref<State>{&state};
  state.add(new Note<CompletionOrder>{Ref<CompletionOrder>{this}, index});
}

void CompletionOrder::note(std::size_t index, State&) noexcept {
  {
    const std::unique_lock lock{mutex_};
    completed_.push_back(index);
  }
  some_.set();
}

std::size_t CompletionOrder::next() {
  while (taken_.empty()) {
    if (!some_.is_set() && made_by_callback_) made_by_callback_->check_wait();
    if (origin_ && driven_)
      origin_->wait(some_, {});
    else
      some_.sleep_until({});
    const std::unique_lock lock{mutex_};
    some_.remove(Signal::kSet | Signal::kSleepers);
    taken_.swap(completed_);
    std::ranges::reverse(taken_);
  }
  const auto index = taken_.back();
  taken_.pop_back();
  return index;
}

}  // namespace forkmill::detail
