#include <forkmill/detail/value.h>

namespace forkmill::detail {

namespace {

// In a forked child nothing can be cancelled, and nothing waits for it.
void cancel_quietly(State& state) noexcept {
  try {
    state.cancel();
  } catch (...) {
    log_callback_error("the cancel of a future that a callback returned");
  }
}

}  // namespace

// Forward: ends `target` as the state ends to which it was added, and which the target follows.
class ChainedState::Forward final : public Continuation {
 public:
  explicit Forward(Ref<ChainedState> target) : Continuation{true}, target_{std::move(target)} {}
  ~Forward() override { target_->set_followed(nullptr); }
  Forward(const Forward&) = delete;
  Forward& operator=(const Forward&) = delete;

  ChainedState& target() noexcept { return *target_; }
  void run() noexcept override { target_->become(std::move(source)); }
  void abandon() noexcept override { run(); }

 private:
  Ref<ChainedState> target_;
};

// NOLINTNEXTLINE(performance-unnecessary-value-param): `other` goes with this call
void ChainedState::become(Ref<State> other) {
  same_as_ = Ref<State>{&other->outcome()};
  set_followed(nullptr);  // `other`, if any, which may go with this call
  publish();
}

void ChainedState::follow(const Ref<State>& inner) {
  auto* forward = release_follower();
  if (forward == nullptr) forward = new Forward{Ref<ChainedState>{this}};
  // First of all: a cancel() of the target from now on reaches `inner`, which may end at once.
  const bool was_cancelled = forward->target().set_followed(inner.get());
  inner->add(forward);
  if (was_cancelled) cancel_quietly(*inner);
}

ChainedState::Forward* ChainedState::release_follower() noexcept {
  lock();
  auto* first = continuations().first();
  const bool alone = first != nullptr && first->next == first && owners() == 1;
  auto* follower = alone ? dynamic_cast<Forward*>(first) : nullptr;
  if (follower != nullptr) continuations().erase(*follower);
  unlock();
  return follower;
}

bool ChainedState::set_followed(State* inner) noexcept {
  lock();
  followed_ = inner;
  const bool was_cancelled = signal_.has(kCancelled);
  unlock();
  return was_cancelled;
}

void ChainedState::cancel_or_pass_on(States& others, States& answers) {
  lock();
  signal_.add(kCancelled);
  auto followed = followed_ != nullptr && followed_->try_add_ref() ? Ref<State>::adopt(followed_) : Ref<State>{};
  unlock();
  if (followed) return others.push_back(std::move(followed));
  State::cancel_or_pass_on(others, answers);
}

}  // namespace forkmill::detail
