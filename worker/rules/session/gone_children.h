// GoneChildren: children that have ended, for the broker to end the sessions of clients that lived in them. Each is
// told in the first session there is, and once more in the next one if that begins soon: the first telling may have
// been lost with its connection. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "proto/clock.h"
#include "proto/limits.h"
#include "proto/wire/worker_messages.h"

namespace forkmill::worker {

class GoneChildren {
 public:
  // in_order: the child exited, and no signal ended it.
  // Without a session only the last ones are kept: the broker ends the sessions of silent clients itself.
  void add(std::uint32_t pid, bool in_order = false);
  // How often add() was called.
  std::uint64_t added() const { return added_; }
  // Adds the last notes that were added to the other object: those since its added() was `since`.
  void add_last_of(const GoneChildren& other, std::uint64_t since) {
    const auto count = std::min<std::uint64_t>(other.added_ - since, other.untold_.size());
    for (auto note = other.untold_.end() - static_cast<std::ptrdiff_t>(count); note != other.untold_.end(); ++note)
      add(note->pid, note->in_order);
  }
  bool has_untold() const { return !untold_.empty(); }
  // Returns what is to be told now.
  proto::ChildrenGone pop(proto::Instant now);
  // Call when a session begins. silence_limit: after that time without a word from them, the broker ends the sessions
  // itself.
  void begin_session(proto::Instant now, proto::Instant silence_limit);

 private:
  struct Note {
    std::uint32_t pid = 0;
    bool in_order = false;
    proto::Instant told_at{0};  // for the first time
  };
  // The broker has found out by itself by now.
  bool is_old(const Note& note, proto::Instant now) const { return now > note.told_at + 2 * silence_limit_; }

  static constexpr std::size_t kMaxUntold = proto::limits::kMaxRecords;  // as many as a message may have

  proto::Instant silence_limit_{0};
  std::uint64_t added_ = 0;
  std::deque<Note> untold_;
  std::vector<Note> told_;  // and perhaps not heard
};

}  // namespace forkmill::worker
