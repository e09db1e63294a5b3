#include "client/cli/map/input/block_reader.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kReadAtOnce = 256UL * 1024;
constexpr auto kNone = std::string::npos;

}  // namespace

Fetch BlockReader::fill() {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  if (::poll(&entry, 1, 0) <= 0) return Fetch::waiting;
  const auto old = buffer_.size();
  buffer_.resize(old + kReadAtOnce);
  const auto got = ::read(fd_, buffer_.data() + old, kReadAtOnce);
  buffer_.resize(old + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0 && errno != EINTR && errno != EAGAIN)
    throw CommandError{ExitCode::failed, std::string{"cannot read standard input: "} + std::strerror(errno)};
  over_ = got == 0;
  return Fetch::ready;
}

// A record ends between options_.end and options_.start.
std::size_t BlockReader::record_end(std::size_t from) const {
  const auto mark = options_.end + options_.start;
  const auto at = buffer_.find(mark, from + (options_.end.empty() ? 1 : 0));
  return at == kNone ? kNone : at + options_.end.size();
}

std::size_t BlockReader::last_end(std::size_t limit) const {
  const auto mark = options_.end + options_.start;
  if (limit < options_.end.size()) return kNone;
  const auto at = buffer_.rfind(mark, limit - options_.end.size());
  if (at == kNone || at + options_.end.size() == 0) return kNone;
  return at + options_.end.size();
}

std::size_t BlockReader::find_cut() {
  if (options_.records > 0) {
    while (records_ < options_.records) {
      const auto end = record_end(counted_);
      if (end == kNone) return kNone;
      counted_ = end;
      ++records_;
    }
    return counted_;
  }
  if (buffer_.size() < options_.bytes) return kNone;
  if (const auto end = last_end(options_.bytes); end != kNone) return end;
  return record_end(options_.bytes > options_.end.size() ? options_.bytes - options_.end.size() : 0);
}

bool BlockReader::take_header() {
  std::size_t end = 0;
  for (std::size_t line = 0; line < options_.header_lines; ++line) {
    const auto newline = buffer_.find('\n', end);
    if (newline == kNone) return false;
    end = newline + 1;
  }
  header_ = buffer_.substr(0, end);
  buffer_.erase(0, end);
  have_header_ = true;
  return true;
}

Fetch BlockReader::next(std::string& block) {
  for (;;) {
    if (have_header_ || take_header()) {
      auto cut = find_cut();
      if (cut == kNone && over_) cut = buffer_.size();
      if (cut != kNone) {
        if (cut == 0) return Fetch::end;
        block = header_ + buffer_.substr(0, cut);
        buffer_.erase(0, cut);
        counted_ = records_ = 0;
        return Fetch::ready;
      }
    } else if (over_) {
      have_header_ = true;  // the input is shorter than the header
      continue;
    }
    if (options_.most > 0 && buffer_.size() > options_.most) {
      throw UsageError{"a record of standard input is longer than " + std::to_string(options_.most) + " bytes",
                       "give the end of the records with --recend, or their beginning with --recstart"};
    }
    if (fill() == Fetch::waiting) return Fetch::waiting;
  }
}

}  // namespace forkmill::cli
