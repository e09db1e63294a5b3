#include <forkmill/detail/state.h>

#include <forkmill/errors.h>

#include <cassert>
#include <stdexcept>

#include "client/futures/log.h"

namespace forkmill::detail {

namespace {

// Reverses a list of continuations. Whether adding or resolving came first is settled by sequentially consistent
// operations: a thread that adds looks for kSet after linking, and a thread that resolves looks for links after setting
// it, so at least one of them sees both.
Continuation* oldest_first(Continuation* newest) noexcept {
  Continuation* reversed = nullptr;
  while (newest != nullptr) {
    auto* next = static_cast<Continuation*>(newest->next);
    newest->next = reversed;
    reversed = newest;
    newest = next;
  }
  return reversed;
}

}  // namespace

State::~State() {
  // Only a state that was never resolved has some: coroutines and clients resolve theirs, so its maker is gone.
  for (auto* link = oldest_first(continuations_.load(std::memory_order_acquire)); link != nullptr;) {
    auto* next = static_cast<Continuation*>(link->next);
    delete link;
    link = next;
  }
}

void State::check_wait() const {
  if (ready() || !needs_executor()) return;
  const auto where = executor();
  if (!where || !where->would_block_itself()) return;
  throw Error{Errc::bad_request,
              "waiting here for a future that a callback makes would never end, because callbacks run on this thread: "
              "chain with then() instead, or wait in another thread"};
}

bool State::wait(const Deadline& deadline) {
  if (ready()) return true;
  check_wait();
  return origin_ && is_driven() ? origin_->wait(signal_, deadline) : signal_.sleep_until(deadline);
}

void State::fail(std::exception_ptr error) {
  error_ = std::move(error);
  publish();
}

void State::cancel() {
  if (origin_ && !id_.is_nil() && !ready()) origin_->cancel(id_);
}

void State::publish() noexcept {
  [[maybe_unused]] auto before = signal_.set();
  assert((before & Signal::kSet) == 0 && "a future is resolved once");
  if (continuations_.load() != nullptr) drain();
}

void State::add(Continuation* owned) {
  auto* head = continuations_.load();
  do owned->next = head;
  while (!continuations_.compare_exchange_weak(head, owned));
  if (signal_.has(Signal::kSet)) drain();
}

// One thread at a time hands out continuations, so that the order of registration is the order of execution.
void State::drain() noexcept {
  Ref<State> alive{this};
  while (continuations_.load() != nullptr) {
    if ((signal_.add(kDraining) & kDraining) != 0) return;  // the thread that drains looks again afterwards
    while (auto* links = continuations_.exchange(nullptr)) hand_out(links);
    signal_.remove(kDraining);
  }
}

void State::hand_out(Continuation* newest_first) noexcept {
  for (auto* link = oldest_first(newest_first); link != nullptr;) {
    auto* next = static_cast<Continuation*>(std::exchange(link->next, nullptr));
    link->source = Ref<State>{this};
    Work work{link};
    if (link->direct) {
      work();
    } else {
      try {
        if (const auto where = executor()) where->execute(std::move(work));
      } catch (...) {
        log_callback_error("the executor's execute()");
      }
    }
    link = next;
  }
}

void throw_empty_future() { throw std::logic_error{"this future is empty: it was moved from, shared or never set"}; }

void throw_timeout(const State& state, std::chrono::nanoseconds waited) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(waited).count();
  std::string text = "not ready after " + std::to_string(ms) + " ms";
  if (!state.id().is_nil()) text += " (task " + state.id().to_string() + ")";
  if (state.origin() != nullptr) {
    auto why = state.origin()->why_waiting();
    if (!why.empty()) text += "; " + why;
  }
  throw Timeout{Errc::timeout, text};
}

void throw_undecodable(const State& state, const char* why) {
  throw Error{Errc::result_undecodable, std::string{why} + " (task " + state.id().to_string() + ")"};
}

void log_callback_error(const char* where) noexcept {
  try {
    throw;
  } catch (const std::exception& error) {
    client::log().warn("{} threw: {}", where, error.what());
  } catch (...) {
    client::log().warn("{} threw something that is not a std::exception", where);
  }
}

}  // namespace forkmill::detail
