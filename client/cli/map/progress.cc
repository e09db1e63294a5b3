#include "client/cli/map/progress.h"

#include <algorithm>
#include <cmath>

#include "client/cli/text/human.h"
#include "client/cli/text/table.h"

namespace forkmill::cli {

namespace {

constexpr unsigned kMaxBar = 40;
constexpr unsigned kMinBar = 5;

std::string figures(const Progress& progress) {
  std::string text = std::to_string(progress.done);
  if (progress.total) text += "/" + std::to_string(*progress.total);
  text += "  " + format_rate(progress.per_second);
  if (progress.total && progress.done < *progress.total) {
    const auto left = static_cast<double>(*progress.total - progress.done);
    text += "  ETA " + (progress.per_second > 0 ? format_duration(left / progress.per_second) : "?");
  } else {
    text += "  " + format_duration(progress.elapsed_seconds);
  }
  return text;
}

std::string drawn(double part, unsigned width) {
  const auto full = static_cast<unsigned>(part * width);
  std::string bar;
  for (unsigned i = 0; i < width; ++i) bar += i < full ? "█" : "░";
  return bar;
}

std::string percent(double part) {
  auto text = std::to_string(static_cast<int>(part * 100)) + "%";
  return std::string(4 - std::min<std::size_t>(text.size(), 4), ' ') + text;
}

// Cuts `text` to `width` columns, because a line that wraps cannot be overwritten.
std::string clip(std::string text, std::size_t width) {
  while (text_width(text) > width) {
    while ((text.back() & 0xC0) == 0x80) text.pop_back();
    text.pop_back();
  }
  return text;
}

}  // namespace

void Rate::update(Clock::time_point now, std::uint64_t done) {
  const double seconds = std::chrono::duration<double>(now - last_).count();
  if (seconds <= 0) return;
  const double decay = std::exp2(-seconds / std::chrono::duration<double>(kHalfLife).count());
  sum_ = sum_ * decay + static_cast<double>(done - done_);
  weight_ = weight_ * decay + seconds;
  last_ = now;
  done_ = done;
}

std::string render_progress(const Progress& progress, const ProgressStyle& style) {
  const auto failed = progress.failed > 0 ? "  " + std::to_string(progress.failed) + " failed" : std::string{};
  const auto line = figures(progress);
  std::string head;
  if (progress.total) {
    const double part =
        *progress.total == 0 ? 1 : static_cast<double>(progress.done) / static_cast<double>(*progress.total);
    head = percent(std::min(part, 1.0)) + " ";
    const auto rest = head.size() + line.size() + failed.size() + 2;
    const auto room = style.width > rest ? static_cast<unsigned>(style.width - rest) : 0U;
    if (style.bar && room >= kMinBar) head += drawn(std::min(part, 1.0), std::min(room, kMaxBar)) + " ";
  }
  if (head.size() + line.size() + failed.size() > 0 && text_width(head + line + failed) >= style.width) {
    return clip(head + line + failed, style.width > 0 ? style.width - 1 : 0);
  }
  if (failed.empty() || !style.colour) return head + line + failed;
  return head + line + "\x1b[31m" + failed + "\x1b[0m";
}

}  // namespace forkmill::cli
