#include "worker/rules/logs/log_notes.h"

#include <algorithm>
#include <utility>

#include "proto/limits.h"

namespace forkmill::worker {

namespace {

constexpr std::size_t kRecord = 32;  // bytes that a piece takes beyond its text

std::size_t size_of(const proto::LogPiece& piece) { return piece.text.size() + kRecord; }

}  // namespace

void LogNotes::begin_session(std::uint64_t bytes) {
  standard_ = bytes;
  limits_.clear();
}

void LogNotes::set_limits(const proto::LogLimits& limits) {
  for (const proto::QueueLogLimit& limit : limits.limits) limits_[limit.queue] = limit.bytes;
}

std::uint64_t LogNotes::limit_of(const std::string& queue) const {
  if (limits_.empty()) return standard_;
  const auto found = limits_.find(queue);
  return found == limits_.end() ? standard_ : found->second;
}

void LogNotes::open(std::uint64_t serial, const proto::Grant& grant, const std::string& queue) {
  Entry& entry = entries_[serial];
  entry.grant = grant;
  entry.most = static_cast<std::size_t>(std::min<std::uint64_t>(kMaxPending, limit_of(queue)));
}

void LogNotes::add(std::uint64_t serial, const Piece& piece) {
  const auto found = entries_.find(serial);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.news = true;
  entry.position += piece.missing;
  std::string_view text = piece.text;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, proto::limits::kMaxLogPiece);
    append(entry, piece.source, piece.level, part);
    text.remove_prefix(part.size());
  }
  trim(entry);
}

void LogNotes::append(Entry& entry, proto::LogSource source, std::uint8_t level, std::string_view text) {
  proto::LogPiece* last = entry.pieces.empty() ? nullptr : &entry.pieces.back();
  const bool goes_on = last != nullptr && source != proto::LogSource::lines && last->source == source &&
                       last->position + last->text.size() == entry.position &&
                       last->text.size() + text.size() <= proto::limits::kMaxLogPiece;
  if (!goes_on) {
    last = &entry.pieces.emplace_back(proto::LogPiece{entry.position, source, level, {}});
    resize(entry, entry.bytes + kRecord);
  }
  last->text += text;
  entry.position += text.size();
  resize(entry, entry.bytes + text.size());
}

void LogNotes::resize(Entry& entry, std::size_t bytes) {
  pending_ += bytes;
  pending_ -= entry.bytes;
  entry.bytes = bytes;
}

// Drops the oldest bytes but the first ones of the attempt. A line goes as a whole.
void LogNotes::trim(Entry& entry) {
  const std::size_t most = pending_ > kMuch ? std::min(entry.most, kFew) : entry.most;
  auto piece = entry.pieces.begin();
  while (entry.bytes > most && !entry.pieces.empty()) {
    while (piece != entry.pieces.end() && piece->position < kFirstBytes) ++piece;
    if (piece == entry.pieces.end()) piece = entry.pieces.begin();
    const std::size_t excess = entry.bytes - most;
    if (piece->source == proto::LogSource::lines || piece->text.size() <= excess) {
      resize(entry, entry.bytes - size_of(*piece));
      piece = entry.pieces.erase(piece);
      continue;
    }
    piece->text.erase(0, excess);
    piece->position += excess;
    resize(entry, entry.bytes - excess);
  }
}

void LogNotes::discard(std::uint64_t serial) {
  const auto found = entries_.find(serial);
  if (found == entries_.end()) return;
  resize(found->second, 0);
  entries_.erase(found);
}

void LogNotes::end(std::uint64_t serial) {
  const auto found = entries_.find(serial);
  if (found == entries_.end()) return;
  found->second.over = true;
  found->second.news = true;
}

proto::LogNote LogNotes::pop(proto::Instant now, Entry& entry) {
  proto::LogNote note{entry.grant, {}, entry.position, entry.over};
  note.pieces.assign(std::make_move_iterator(entry.pieces.begin()), std::make_move_iterator(entry.pieces.end()));
  left_ -= std::min(left_, entry.bytes);
  entry.pieces.clear();
  resize(entry, 0);
  entry.news = false;
  entry.next_at = now + kPause;
  return note;
}

void LogNotes::pop_due(proto::Instant now, std::vector<proto::LogNote>& notes) {
  if (entries_.empty()) return;
  if (now >= full_until_) {
    left_ = kBytesAtOnce;
    full_until_ = now + kPause;
  }
  // The attempts that have waited longest come first: `left_` may not be enough for all.
  std::vector<std::pair<proto::Instant, std::uint64_t>> due;
  for (const auto& [serial, entry] : entries_)
    if (entry.is_due(now)) due.emplace_back(entry.next_at, serial);
  std::sort(due.begin(), due.end());
  for (const auto& [at, serial] : due) {
    if (left_ == 0) return;
    const auto found = entries_.find(serial);
    notes.push_back(pop(now, found->second));
    if (found->second.over) entries_.erase(found);
  }
}

void LogNotes::pop_all(std::vector<proto::LogNote>& notes) {
  for (auto& [serial, entry] : entries_) {
    entry.over = true;
    notes.push_back(pop(proto::Instant{0}, entry));
  }
  entries_.clear();
}

proto::Instant LogNotes::next_wakeup() const {
  proto::Instant next = proto::kNever;
  for (const auto& [serial, entry] : entries_)
    if (entry.news) next = std::min(next, entry.over ? proto::Instant{0} : entry.next_at);
  return left_ == 0 ? std::max(next, full_until_) : next;
}

}  // namespace forkmill::worker
