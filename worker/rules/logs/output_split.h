// OutputSplit: tells which attempt has printed which bytes of a child's stdout and stderr. The bytes come from the
// supervisor, in order, with the number of bytes before them. The child says in its ring how many bytes it had written
// when an attempt ended: it writes that before it starts the next one, so a reader of the later bytes finds the
// earlier mark. Bytes of an unknown attempt are dropped. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/wire/worker_messages.h"
#include "worker/ipc/records.h"
#include "worker/rules/logs/pending_log.h"

namespace forkmill::worker {

class OutputSplit {
 public:
  // Something for the log of one attempt.
  struct Piece {
    std::uint64_t serial = 0;
    proto::LogSource source = proto::LogSource::output;
    std::uint8_t level = 0;
    std::uint64_t missing = 0;  // bytes that were lost before the text
    std::string text;
    bool is_end = false;  // nothing more comes for this attempt
  };

  // `running`: serial of the attempt at the front of the child's line; 0: none. Read the child's ring before this.
  // source: output or errors. from: bytes of this stream before `text`.
  void printed(proto::LogSource source, std::uint64_t from, std::string_view text, std::uint64_t running);
  // The child has written this much, and no attempt runs.
  void mark(const OutputEnds& ends);
  // A line, or output of a command, which the child says itself. ends: what it had written before.
  void said(std::uint64_t serial, const LogInput& said, const OutputEnds& ends);
  void ended(std::uint64_t serial, const OutputEnds& ends);
  // For an attempt that most probably has printed nothing: returns whether that is so. Then ended() is not needed.
  bool ended_silently(const OutputEnds& ends);
  // Call when the child has died and all its output has come: the rest belongs to `running`.
  void died(std::uint64_t running);

  // Returns whether something of that attempt has not come yet.
  bool awaits(std::uint64_t serial) const;
  std::vector<Piece> take() { return std::exchange(pieces_, {}); }

  // Bytes of one stream that wait for the other stream, and bytes of what is said that wait for the output before them.
  static constexpr std::size_t kMaxHeld = 64 * 1024;
  static constexpr std::size_t kMaxEvents = 4096;  // that wait for the output before them

 private:
  enum class What : std::uint8_t { mark, said, end };
  struct Event {
    What what = What::mark;
    std::uint64_t serial = 0;  // the attempt of the bytes before it; 0: none
    OutputEnds ends;
    proto::LogSource source = proto::LogSource::lines;
    std::uint8_t level = 0;
    std::string text;
    std::uint64_t missing = 0;  // bytes before the text, or of the text as well if that was dropped
  };
  struct Chunk {
    std::uint64_t from = 0;
    std::string text;
  };
  struct Stream {
    std::deque<Chunk> held;  // received, and not given yet
    std::size_t held_bytes = 0;
    std::uint64_t received = 0;  // bytes, with those that were dropped on the way
    std::uint64_t given = 0;     // the same
  };

  void add(Event event);
  void push_out_first();
  void settle(bool all);
  void finish(Event& event);
  void give(proto::LogSource source, std::uint64_t up_to, std::uint64_t serial);
  void give_rest(std::uint64_t running);
  bool has_come(const OutputEnds& ends) const;
  Stream& stream(proto::LogSource source) { return streams_[source == proto::LogSource::output ? 0 : 1]; }

  std::array<Stream, 2> streams_;  // stdout, stderr
  std::deque<Event> events_;
  std::size_t held_said_ = 0;  // bytes of the texts in events_
  // An attempt has ended since the last known position, and the child has not looked whether it has printed.
  bool unsure_ = false;
  std::vector<Piece> pieces_;
};

}  // namespace forkmill::worker
