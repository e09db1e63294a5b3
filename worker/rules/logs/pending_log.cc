#include "worker/rules/logs/pending_log.h"

#include <algorithm>
#include <iterator>

#include "proto/limits.h"

namespace forkmill::worker {

namespace {

constexpr std::size_t kRecord = 32;  // bytes that a piece takes beyond its text

}  // namespace

void PendingLog::add(const LogInput& input) {
  end_ += input.missing;
  std::string_view text = input.text;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, proto::limits::kMaxLogPiece);
    append(input.source, input.level, part);
    text.remove_prefix(part.size());
  }
}

void PendingLog::append(proto::LogSource source, std::uint8_t level, std::string_view text) {
  proto::LogPiece* last = pieces_.empty() ? nullptr : &pieces_.back();
  const bool goes_on = last != nullptr && source != proto::LogSource::lines && last->source == source &&
                       last->position + last->text.size() == end_ && end_ != head_end_ &&
                       last->text.size() + text.size() <= proto::limits::kMaxLogPiece;
  const std::size_t grows = text.size() + (goes_on ? 0 : kRecord);
  if (!goes_on) last = &pieces_.emplace_back(proto::LogPiece{end_, source, level, {}});
  last->text += text;
  size_ += grows;
  end_ += text.size();
  if (head_left_ == 0) return;
  head_left_ -= std::min(head_left_, grows);
  if (head_left_ == 0) head_end_ = end_;
}

void PendingLog::trim(std::size_t most) {
  auto piece = pieces_.begin();
  while (size_ > most && !pieces_.empty()) {
    while (piece != pieces_.end() && piece->position < head_end_) ++piece;
    if (piece == pieces_.end()) piece = pieces_.begin();
    const std::size_t excess = size_ - most;
    if (piece->source == proto::LogSource::lines || piece->text.size() <= excess) {
      size_ -= piece->text.size() + kRecord;
      piece = pieces_.erase(piece);
      continue;
    }
    piece->text.erase(0, excess);
    piece->position += excess;
    size_ -= excess;
  }
}

std::vector<proto::LogPiece> PendingLog::drain() {
  std::vector<proto::LogPiece> pieces{std::make_move_iterator(pieces_.begin()), std::make_move_iterator(pieces_.end())};
  pieces_.clear();
  size_ = 0;
  return pieces;
}

}  // namespace forkmill::worker
