// ProgressNotes: the progress that handlers report. Of quick reports only the last is sent, and the last one before the
// end always. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "proto/clock.h"
#include "proto/wire/messages.h"

namespace forkmill::worker {

class ProgressNotes {
 public:
  // Keeps the note of an attempt until it is due, in place of the attempt's earlier one.
  void add(std::uint64_t serial, proto::ProgressNote note);
  // Appends the notes that are due to `notes`.
  void pop_due(proto::Instant now, std::vector<proto::ProgressNote>& notes);
  // Forgets the attempt; returns its note that was not sent yet.
  std::optional<proto::ProgressNote> extract(std::uint64_t serial) {
    return entries_.empty() ? std::nullopt : extract_known(serial);
  }
  void clear();

  // When the next note is due.
  proto::Instant next_wakeup() const;

 private:
  std::optional<proto::ProgressNote> extract_known(std::uint64_t serial);

  struct Entry {
    std::optional<proto::ProgressNote> note;  // not sent yet
    proto::Instant next_at{0};                // when the next one may be sent
  };
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::size_t unsent_ = 0;  // entries with a note
};

}  // namespace forkmill::worker
