#include <forkmill/detail/gathering.h>
#include <forkmill/errors.h>

#include <algorithm>
#include <string>

namespace forkmill::detail {

namespace {

void add_by_executor(std::vector<std::vector<Ref<State>>>& groups, const Ref<State>& state) {
  const auto executor = state->resolving_executor();
  const auto is_same = [&](const auto& group) { return group.back()->resolving_executor() == executor; };
  const auto group = std::ranges::find_if(groups, is_same);
  if (group == groups.end())
    groups.push_back({state});
  else
    group->push_back(state);
}

}  // namespace

void CompletionOrder::expect(std::vector<Ref<State>> inputs) {
  inputs_ = std::move(inputs);
  notes_ = std::vector<Note<CompletionOrder>>(inputs_.size());
  completed_.reserve(inputs_.size());
  taken_.reserve(inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    State& input = *inputs_[i];
    if (!origin_) origin_ = Ref<Origin>{input.origin()};
    driven_ = driven_ && waits_for(input, origin_.get());
    if (input.needs_executor()) add_by_executor(made_by_callbacks_, inputs_[i]);
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

std::optional<std::size_t> CompletionOrder::next(const Deadline& deadline) {
  while (taken_.empty()) {
    if (!sleep(deadline)) return std::nullopt;
    const std::unique_lock lock{mutex_};
    some_.remove(Signal::kSet | Signal::kSleepers);
    taken_.swap(completed_);
    std::ranges::reverse(taken_);
  }
  const auto index = taken_.back();
  taken_.pop_back();
  return index;
}

bool CompletionOrder::sleep(const Deadline& deadline) {
  if (some_.is_set()) return true;
  work_off();
  if (some_.is_set()) return true;
  if (deadline && *deadline <= std::chrono::steady_clock::now()) return false;
  check_wait();
  if (!origin_) return some_.sleep_until(deadline);
  return driven_ ? origin_->wait(some_, deadline) : some_.sleep_until(deadline);
}

void CompletionOrder::check_wait() {
  if (origin_) origin_->check_process();
  for (auto& states : made_by_callbacks_) {
    while (!states.empty() && states.back()->ready()) states.pop_back();
    if (!states.empty()) states.back()->check_wait();
  }
}

void throw_unfinished(std::size_t left, std::size_t all) {
  throw Timeout{Errc::timeout, std::to_string(left) + " of " + std::to_string(all) + " futures are not ready"};
}

}  // namespace forkmill::detail
