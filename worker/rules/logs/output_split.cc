#include "worker/rules/logs/output_split.h"

#include <algorithm>

namespace forkmill::worker {

using proto::LogSource;

void OutputSplit::printed(LogSource source, std::uint64_t from, std::string_view text, std::uint64_t running) {
  Stream& to = stream(source);
  if (from < to.received) return;
  to.held.push_back({from, std::string{text}});
  to.held_bytes += text.size();
  to.received = from + text.size();
  settle(false);
  if (events_.empty()) give_rest(running);
  while (to.held_bytes > kMaxHeld) {
    to.held_bytes -= to.held.front().text.size();
    to.held.pop_front();
  }
}

void OutputSplit::mark(const OutputEnds& ends) {
  if (ends.known()) add({What::mark, 0, ends, LogSource::lines, 0, {}});
}

void OutputSplit::said(std::uint64_t serial, const LogInput& said, const OutputEnds& ends) {
  Event event{What::said, serial, ends, said.source, said.level, {}, said.missing};
  if (held_said_ + said.text.size() <= kMaxHeld)
    event.text = said.text;
  else
    event.missing += said.text.size();
  held_said_ += event.text.size();
  add(std::move(event));
}

void OutputSplit::ended(std::uint64_t serial, const OutputEnds& ends) {
  add({What::end, serial, ends, LogSource::lines, 0, {}});
}

bool OutputSplit::ended_silently(const OutputEnds& ends) {
  if (!events_.empty()) return false;
  if (ends.known() && (ends.output != streams_[0].given || ends.errors != streams_[1].given)) return false;
  unsure_ = !ends.known();
  return true;
}

void OutputSplit::died(std::uint64_t running) {
  settle(true);
  give_rest(running);
}

bool OutputSplit::awaits(std::uint64_t serial) const {
  return std::any_of(events_.begin(), events_.end(), [&](const Event& event) { return event.serial == serial; });
}

void OutputSplit::add(Event event) {
  events_.push_back(std::move(event));
  settle(false);
  while (events_.size() > kMaxEvents) push_out_first();
}

// Ends the wait of the first event for its output. When that comes, it must not be taken for another attempt's.
void OutputSplit::push_out_first() {
  Event& first = events_.front();
  const bool is_ahead = first.ends.known() && !has_come(first.ends);
  const bool unsure = is_ahead && (unsure_ || events_[1].serial != first.serial);
  finish(first);
  unsure_ = unsure_ || unsure;
  events_.pop_front();
}

void OutputSplit::settle(bool all) {
  while (!events_.empty()) {
    Event& event = events_.front();
    if (event.ends.known()) {
      const std::uint64_t owner = unsure_ ? 0 : event.serial;
      give(LogSource::output, event.ends.output, owner);
      give(LogSource::errors, event.ends.errors, owner);
      if (!all && !has_come(event.ends)) return;
    }
    finish(event);
    events_.pop_front();
  }
}

void OutputSplit::finish(Event& event) {
  if (event.ends.known())
    unsure_ = false;
  else if (event.what == What::end)
    unsure_ = true;
  if (event.what == What::said) {
    held_said_ -= event.text.size();
    pieces_.push_back({event.serial, event.source, event.level, event.missing, std::move(event.text), false});
  }
  if (event.what == What::end) pieces_.push_back({event.serial, LogSource::output, 0, 0, {}, true});
}

// Gives the attempt what has come of the stream's first `up_to` bytes. 0: drops it.
void OutputSplit::give(LogSource source, std::uint64_t up_to, std::uint64_t serial) {
  Stream& from = stream(source);
  const std::uint64_t end = std::min(up_to, from.received);
  while (from.given < end) {
    Piece piece{serial, source, 0, 0, {}, false};
    const std::uint64_t begin = from.held.empty() ? end : std::min(end, from.held.front().from);
    piece.missing = begin - from.given;
    from.given = begin;
    if (begin < end) {
      Chunk& chunk = from.held.front();
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.text.size(), end - begin));
      piece.text = chunk.text.substr(0, length);
      chunk.text.erase(0, length);
      chunk.from += length;
      from.given += length;
      from.held_bytes -= length;
      if (chunk.text.empty()) from.held.pop_front();
    }
    if (serial != 0) pieces_.push_back(std::move(piece));
  }
}

void OutputSplit::give_rest(std::uint64_t running) {
  for (const LogSource source : {LogSource::output, LogSource::errors})
    give(source, stream(source).received, unsure_ ? 0 : running);
}

bool OutputSplit::has_come(const OutputEnds& ends) const {
  return streams_[0].received >= ends.output && streams_[1].received >= ends.errors;
}

}  // namespace forkmill::worker
