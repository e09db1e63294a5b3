#include "worker/rules/progress_notes.h"

#include <algorithm>
#include <utility>

namespace forkmill::worker {

namespace {

constexpr proto::Instant kProgressPause = std::chrono::milliseconds{50};  // between two notes of one attempt

}  // namespace

void ProgressNotes::add(std::uint64_t serial, proto::ProgressNote note) {
  Entry& entry = entries_[serial];
  if (!entry.note) ++unsent_;
  entry.note = std::move(note);
}

void ProgressNotes::pop_due(proto::Instant now, std::vector<proto::ProgressNote>& notes) {
  if (unsent_ == 0) return;
  for (auto& [serial, entry] : entries_) {
    if (!entry.note || now < entry.next_at) continue;
    notes.push_back(std::move(*std::exchange(entry.note, std::nullopt)));
    entry.next_at = now + kProgressPause;
    --unsent_;
  }
}

std::optional<proto::ProgressNote> ProgressNotes::extract_known(std::uint64_t serial) {
  const auto found = entries_.find(serial);
  if (found == entries_.end()) return std::nullopt;
  auto note = std::move(found->second.note);
  if (note) --unsent_;
  entries_.erase(found);
  return note;
}

void ProgressNotes::clear() {
  entries_.clear();
  unsent_ = 0;
}

proto::Instant ProgressNotes::next_wakeup() const {
  proto::Instant next = proto::kNever;
  if (unsent_ == 0) return next;
  for (const auto& [serial, entry] : entries_) {
    if (entry.note) next = std::min(next, entry.next_at);
  }
  return next;
}

}  // namespace forkmill::worker
