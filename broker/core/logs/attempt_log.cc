#include "broker/core/logs/attempt_log.h"

#include <algorithm>
#include <string_view>

namespace forkmill::broker {

namespace {

constexpr std::uint64_t kMaxPosition = std::uint64_t{1} << 62;  // no sum overflows
constexpr proto::milliseconds kTogether{1000};                  // texts that come within this time may be one

}  // namespace

AttemptLog::AttemptLog(const proto::Grant& grant, std::uint64_t most)
    : grant_{grant}, most_{most}, first_{std::min<std::uint64_t>(kFirstBytes, most / 4)} {}

void AttemptLog::add(const proto::LogNote& note, proto::milliseconds at) {
  for (const proto::LogPiece& piece : note.pieces) {
    if (piece.position < end_ || piece.position > kMaxPosition) continue;
    append(piece, at);
  }
  if (note.end <= kMaxPosition) end_ = std::max(end_, note.end);
  is_over_ = is_over_ || note.last;
  trim();
}

// Cuts the piece where the first bytes end, which stay.
void AttemptLog::append(const proto::LogPiece& piece, proto::milliseconds at) {
  std::uint64_t position = piece.position;
  std::string_view text = piece.text;
  while (!text.empty()) {
    const bool is_line = piece.source == proto::LogSource::lines;
    std::size_t length = is_line ? text.size() : std::min(text.size(), kPart);
    if (!is_line && position < first_)
      length = std::min<std::size_t>(length, static_cast<std::size_t>(first_ - position));
    LogText* last = texts_.empty() ? nullptr : &texts_.back();
    const bool goes_on = last != nullptr && !is_line && last->source == piece.source && last->end() == position &&
                         last->text.size() + length <= kPart && position != first_ && at - last->at < kTogether;
    if (!goes_on) {
      last = &texts_.emplace_back(LogText{position, piece.source, piece.level, at, {}});
      sizes_ += LogText::kRecord;
    }
    last->text += text.substr(0, length);
    sizes_ += length;
    kept_ += length;
    position += length;
    text.remove_prefix(length);
  }
  end_ = position;
}

// Drops the oldest texts behind the first bytes.
void AttemptLog::trim() {
  auto text = std::find_if(texts_.begin(), texts_.end(), [this](const LogText& one) { return one.position >= first_; });
  while (sizes_ > most_ && !texts_.empty()) {
    if (text == texts_.end()) text = texts_.begin();
    sizes_ -= text->size();
    kept_ -= text->text.size();
    text = texts_.erase(text);
  }
}

}  // namespace forkmill::broker
