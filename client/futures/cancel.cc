// The outcome of Future::cancel().
#include <forkmill/detail/note.h>

#include <algorithm>
#include <atomic>

#include "client/futures/cancel_state.h"

namespace forkmill::detail {

namespace {

// The answer to the cancel of several tasks: the greatest of theirs, as CancelState orders them.
class CancelOfAll final : public LocalState<CancelState> {
 public:
  // answers: the states of the brokers' answers; not empty.
  explicit CancelOfAll(const States& answers)
      : LocalState{Ref<Origin>{answers.front()->origin()}, TaskId{}}, left_{answers.size()}, notes_(answers.size()) {
    const auto is_driven = [this](const auto& answer) { return waits_for(*answer, origin()); };
    if (std::ranges::all_of(answers, is_driven)) mark_driven();
  }
  void start(const States& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) notes_[i].hook(*this, *answers[i], i);
  }
  void note(std::size_t, State& answer) noexcept {
    const auto error = error_of<CancelState>(answer);
    if (!error) add(read<CancelState>(answer, false));
    if (error && !ended_.exchange(true)) fail(error);
    if (--left_ == 0 && !ended_.exchange(true)) succeed(greatest_.load());
  }

 private:
  void add(CancelState state) {
    auto known = greatest_.load();
    while (known < state && !greatest_.compare_exchange_weak(known, state)) continue;
  }

  std::atomic<CancelState> greatest_{CancelState::cancelled};
  std::atomic<std::size_t> left_;
  std::atomic<bool> ended_{false};
  std::vector<Note<CancelOfAll>> notes_;
};

}  // namespace

Ref<State> cancel(State& state) {
  const bool was_ready = state.ready();
  auto answers = state.cancel();
  if (answers.size() == 1) return std::move(answers.front());
  if (answers.empty())
    return make_ready<CancelState>(was_ready ? CancelState::finished : CancelState::unknown).release_state();
  auto all = make_ref<CancelOfAll>(answers);
  all->start(answers);
  return all;
}

}  // namespace forkmill::detail
