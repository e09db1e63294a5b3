#include <forkmill/as_completed.h>

#include <algorithm>

namespace forkmill::detail {

void CompletionOrder::expect(std::vector<Ref<State>> inputs) {
  inputs_ = std::move(inputs);
  notes_ = std::vector<Note<CompletionOrder>>(inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    State& input = *inputs_[i];
    if (!origin_) origin_ = Ref<Origin>{input.origin()};
    driven_ = driven_ && waits_for(input, origin_.get());
    if (input.needs_executor() && !made_by_callback_) made_by_callback_ = Ref<State>{&input};
    notes_[i].hook(*this, input, i);
  }
}

void CompletionOrder::give_up() noexcept {
  for (std::size_t i = 0; i < inputs_.size(); ++i) notes_[i].unhook(*inputs_[i]);
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
