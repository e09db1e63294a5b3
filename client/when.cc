#include <forkmill/when.h>

#include <algorithm>

namespace forkmill::detail {

void CompletionOrder::note(std::size_t index, State&) noexcept {
  std::unique_lock lock{mutex_};
  completed_.push_back(index);
  lock.unlock();
  some_.set();
}

std::size_t CompletionOrder::next(Origin* origin) {
  while (taken_.empty()) {
    if (origin != nullptr)
      origin->wait(some_, {});
    else
      some_.sleep_until({});
    std::unique_lock lock{mutex_};
    some_.remove(Signal::kSet | Signal::kSleepers);
    taken_.swap(completed_);
    std::ranges::reverse(taken_);
  }
  auto index = taken_.back();
  taken_.pop_back();
  return index;
}

}  // namespace forkmill::detail
