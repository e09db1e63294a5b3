#include "broker/core/logs/attempt_log.h"

#include <algorithm>
#include <string_view>

namespace forkmill::broker {

namespace {

constexpr std::uint64_t kMaxPosition = std::uint64_t{1} << 62;  // no sum overflows
constexpr proto::milliseconds kTogether{1000};                  // texts that come within this time may be one

}  // namespace

AttemptLog::AttemptLog(const proto::Grant& grant, std::uint64_t most)
    : grant_{grant},
      most_{most},
      head_left_{static_cast<std::size_t>(std::min<std::uint64_t>(kFirstBytes, most / 4))} {}

void AttemptLog::add(const proto::LogNote& note, proto::milliseconds at) {
  for (const proto::LogPiece& piece : note.pieces) {
    if (piece.position < end_ || piece.position > kMaxPosition) continue;
    append(piece, at);
  }
  if (note.end <= kMaxPosition) end_ = std::max(end_, note.end);
  is_over_ = is_over_ || note.last;
  trim();
}

void AttemptLog::append(const proto::LogPiece& piece, proto::milliseconds at) {
  std::uint64_t position = piece.position;
  std::string_view text = piece.text;
  while (!text.empty()) {
    const bool is_line = piece.source == proto::LogSource::lines;
    LogText* last = texts_.empty() ? nullptr : &texts_.back();
    const bool goes_on = last != nullptr && !is_line && last->source == piece.source && last->end() == position &&
                         last->text.size() < kPart && position != head_end_ && at - last->at < kTogether;
    std::size_t length = text.size();
    if (!is_line) length = std::min(length, goes_on ? kPart - last->text.size() : kPart);
    if (!goes_on) last = &texts_.emplace_back(LogText{position, piece.source, piece.level, at, {}});
    last->text += text.substr(0, length);
    kept_ += length;
    position += length;
    grow(length + (goes_on ? 0 : LogText::kRecord), position);
    text.remove_prefix(length);
  }
  end_ = position;
}

// The texts have grown by that many bytes of memory, up to this position.
void AttemptLog::grow(std::size_t bytes, std::uint64_t position) {
  sizes_ += bytes;
  if (head_left_ == 0) return;
  head_left_ -= std::min(head_left_, bytes);
  if (head_left_ == 0) head_end_ = position;
}

// Drops the oldest texts behind the first bytes.
void AttemptLog::trim() {
  auto text =
      std::find_if(texts_.begin(), texts_.end(), [this](const LogText& one) { return one.position >= head_end_; });
  while (sizes_ > most_ && !texts_.empty()) {
    if (text == texts_.end()) text = texts_.begin();
    sizes_ -= text->size();
    kept_ -= text->text.size();
    text = texts_.erase(text);
  }
}

}  // namespace forkmill::broker
