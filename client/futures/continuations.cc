// How the continuations of a state are added, taken back and handed out, and how states are deleted.
#include <forkmill/detail/state.h>

#include <cassert>
#include <chrono>
#include <thread>

#include "client/futures/state_queue.h"

namespace forkmill::detail {

namespace {

constinit thread_local StateQueue ready_states;
constinit thread_local StateQueue dead_states;

void hand_out(State& state, Continuation* link) noexcept {
  link->source = Ref<State>{&state};
  if (link->direct) {
    link->run();
    return link->dispose();
  }
  Work work{link};
  try {
    if (const auto where = state.executor()) where->execute(std::move(work));
  } catch (...) {
    log_callback_error("the executor's execute()");
  }
}

}  // namespace

State::~State() {
  // Only a state that was never resolved has some: coroutines and clients resolve theirs, so its maker is gone.
  while (auto* link = continuations_.pop()) link->dispose();
}

std::uint32_t StateBits::lock() noexcept {
  constexpr int kYields = 64;
  for (int tries = 0;; ++tries) {
    const auto before = signal_.add(kLocked);
    if ((before & kLocked) == 0) return before;
    if (tries < kYields)
      std::this_thread::yield();
    else  // the holder may have a lower priority than this thread
      std::this_thread::sleep_for(std::chrono::microseconds{50});
  }
}

void State::publish() noexcept {
  const auto before = signal_.set();
  assert((before & Signal::kSet) == 0 && "a future is resolved once");
  if ((before & kLocked) != 0 || !continuations_.empty()) drain();
}

void State::add(Continuation* owned) {
  const bool was_ready = (lock() & Signal::kSet) != 0;
  continuations_.push(*owned);
  if (was_ready) add_ref();  // another thread may hand out now, and drop what keeps this state
  unlock();
  if (!was_ready) return;
  drain();
  release();
}

bool State::remove(Continuation& link) noexcept {
  lock();
  const bool is_mine = ContinuationList::is_linked(link);
  if (is_mine) continuations_.erase(link);
  unlock();
  return is_mine;
}

void State::drain() noexcept {
  if ((signal_.add(kDraining) & kDraining) != 0) return;
  add_ref();
  ready_states.add(*this, [](State& state) {
    state.hand_out_all();
    state.release();
  });
}

// A thread that adds a continuation meanwhile finds kDraining set, and relies on this one.
void State::hand_out_all() noexcept {
  do {
    for (bool more = true; more;) {
      lock();
      auto* link = continuations_.pop();
      more = !continuations_.empty();
      unlock();
      if (link != nullptr) hand_out(*this, link);
    }
    signal_.remove(kDraining);
  } while (!continuations_.empty() && (signal_.add(kDraining) & kDraining) == 0);
}

void State::destroy() noexcept {
  dead_states.add(*this, [](State& state) { delete &state; });
}

void hand_out_pending() noexcept {
  ready_states.work_off([](State& state) {
    state.hand_out_all();
    state.release();
  });
}

void work_off() noexcept {
  hand_out_pending();
  dead_states.work_off([](State& state) { delete &state; });
}

}  // namespace forkmill::detail
