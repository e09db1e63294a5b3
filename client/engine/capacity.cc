#include "client/engine/capacity.h"

#include <forkmill/errors.h>

#include <chrono>
#include <string>

namespace forkmill::client {

bool Capacity::has_room(std::size_t spare) const {
  const auto below = [spare](std::size_t load, std::size_t limit) {
    return load < limit - (spare == 0 ? 0 : limit / spare);
  };
  const auto inbox = inbox_.size();
  return inbox + outstanding_ < options_.max_outstanding && below(inbox + held_tasks_, options_.max_unsent) &&
         below(inbox_.payload_bytes() + held_bytes_, options_.max_unsent_bytes);
}

void Capacity::wait_for_room() {
  if (has_room()) return;
  if (options_.when_full == WhenFull::reject) throw_full({});
  detail::Deadline deadline;
  if (options_.when_full == WhenFull::timeout) deadline = std::chrono::steady_clock::now() + options_.submit_timeout;
  ++waiters_;
  bool in_time = true;
  for (;;) {
    room_.remove(detail::Signal::kSet);
    if (has_room() || !in_time || inbox_.closed()) break;
    in_time = engine_.wait(room_, deadline);
  }
  --waiters_;
  if (!in_time && !has_room()) throw_full(engine_.why_waiting());
}

bool Capacity::wait_for_delivery(const detail::Deadline& deadline) {
  for (;;) {
    delivered_.remove(detail::Signal::kSet);
    if (inbox_.size() == 0 && held_tasks_ == 0) return true;
    // The engine's own thread does the work: at the program's end, this one may no longer decode messages.
    if (inbox_.closed() || !delivered_.sleep_until(deadline)) return false;
  }
}

void Capacity::throw_full(const std::string& why) const {
  const auto limits = "this client may hold " + std::to_string(options_.max_outstanding) + " tasks, " +
                      std::to_string(options_.max_unsent) + " of them and " +
                      std::to_string(options_.max_unsent_bytes) + " bytes not taken by the broker";
  throw Rejected{Errc::window_full, limits + (why.empty() ? "" : "; " + why)};
}

void Capacity::publish(const Load& load) {
  outstanding_ = load.outstanding;
  held_tasks_ = load.held_tasks;
  held_bytes_ = load.held_bytes;
  // A quarter of the room at once: waking a submitter for every single task would cost more than the task.
  if (waiters_ > 0 && has_room(4)) room_.set();
  if (held_tasks_ == 0 && !delivered_.is_set()) delivered_.set();
}

}  // namespace forkmill::client
