#include "worker/rules/logs/attempt_logs.h"

#include <algorithm>

namespace forkmill::worker {

AttemptLogs::Child* AttemptLogs::find(ChildKey child) {
  if (child.slot >= children_.size()) return nullptr;
  auto& found = children_[child.slot];
  return found && found->key == child ? &*found : nullptr;
}

bool AttemptLogs::open(std::uint64_t serial) {
  if (notes_.is_open(serial)) return true;
  const auto attempt = attempt_(serial);
  if (!attempt || !notes_.wants(*attempt->queue)) return false;
  notes_.open(serial, attempt->grant, *attempt->queue);
  return true;
}

void AttemptLogs::handle(ChildKey child, const OutputEnds& mark) {
  Child* found = find(child);
  if (found == nullptr) return;
  found->split.mark(mark);
  carry_on(*found);
}

void AttemptLogs::handle(ChildKey child, const ChildLog& line) {
  Child* found = find(child);
  if (found == nullptr || !attempt_(line.serial)) return;
  constexpr std::uint32_t kLastLevel = 3;
  const auto level = static_cast<std::uint8_t>(std::min(line.level, kLastLevel));
  found->split.said(line.serial, {line.source, level, line.missing, line.text}, line.printed);
  carry_on(*found);
}

void AttemptLogs::handle(ChildKey child, const ChildResult& result) {
  Child* found = find(child);
  if (found == nullptr) return;
  if (found->split.ended_silently(result.printed)) return notes_.end(result.serial);
  found->split.ended(result.serial, result.printed);
  carry_on(*found);
  // Its output is still on the way: the attempt will have left the table by then.
  if (found->split.awaits(result.serial)) (void)open(result.serial);
}

void AttemptLogs::printed(ChildKey child, proto::LogSource source, std::uint64_t from, std::string_view text,
                          std::uint64_t running) {
  Child* found = find(child);
  if (found == nullptr) return;
  found->split.printed(source, from, text, running);
  carry_on(*found);
}

void AttemptLogs::died(ChildKey child, std::uint64_t running) {
  Child* found = find(child);
  if (found == nullptr) return;
  found->split.died(running);
  carry_on(*found);
  notes_.end(running);
  children_[child.slot].reset();
}

void AttemptLogs::carry_on(Child& child) {
  for (const OutputSplit::Piece& piece : child.split.take()) {
    if (piece.is_end)
      notes_.end(piece.serial);
    else if (open(piece.serial))
      notes_.add(piece.serial, {piece.source, piece.level, piece.missing, piece.text});
  }
}

}  // namespace forkmill::worker
