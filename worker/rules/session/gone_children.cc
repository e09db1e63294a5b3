#include "worker/rules/session/gone_children.h"

#include <algorithm>
#include <utility>

namespace forkmill::worker {

void GoneChildren::add(std::uint32_t pid, bool in_order) {
  ++added_;
  if (untold_.size() == kMaxUntold) untold_.pop_front();
  untold_.push_back({pid, in_order, proto::kNever});
}

proto::ChildrenGone GoneChildren::pop(proto::Instant now) {
  std::erase_if(told_, [&](const Note& note) { return is_old(note, now); });
  proto::ChildrenGone gone;
  for (Note& note : untold_) {
    note.told_at = std::min(note.told_at, now);
    gone.pids.push_back(note.pid);
    if (note.in_order) gone.in_order.push_back(note.pid);
    told_.push_back(note);
  }
  untold_.clear();
  return gone;
}

void GoneChildren::begin_session(proto::Instant now, proto::Instant silence_limit) {
  silence_limit_ = silence_limit;
  for (const Note& note : std::exchange(told_, {}))
    if (!is_old(note, now) && untold_.size() < kMaxUntold) untold_.push_back(note);
}

}  // namespace forkmill::worker
