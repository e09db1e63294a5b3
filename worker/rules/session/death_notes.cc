#include "worker/rules/session/death_notes.h"

#include <algorithm>
#include <utility>

namespace forkmill::worker {

std::vector<std::uint32_t> DeathNotes::pop(proto::Instant now) {
  std::erase_if(told_, [&](const Note& note) { return is_old(note, now); });
  std::vector<std::uint32_t> pids;
  for (Note& note : untold_) {
    note.told_at = std::min(note.told_at, now);
    pids.push_back(note.pid);
    told_.push_back(note);
  }
  untold_.clear();
  return pids;
}

void DeathNotes::begin_session(proto::Instant now, proto::Instant silence_limit) {
  silence_limit_ = silence_limit;
  for (const Note& note : std::exchange(told_, {})) {
    if (!is_old(note, now)) untold_.push_back(note);
  }
}

}  // namespace forkmill::worker
