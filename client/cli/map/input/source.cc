#include "client/cli/map/input/source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "proto/os/descriptor.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kChunk = 64UL * 1024;

std::string reason() { return std::strerror(errno); }

}  // namespace

Fetch WordSource::next(std::string& out) {
  if (next_ == words_.size()) return Fetch::end;
  out = words_[next_++];
  return Fetch::ready;
}

LineSource::LineSource(const std::string& path, std::string delimiter)
    : name_{path == "-" ? "standard input" : path}, delimiter_{std::move(delimiter)} {
  if (path == "-") return;
  file_ = proto::Descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file_.valid()) throw UsageError{"cannot read arguments from " + path + ": " + reason()};
}

bool LineSource::pop_line(std::string& out) {
  auto end = buffer_.find(delimiter_, begin_);
  const bool whole = end != std::string::npos;
  if (!whole) {
    if (!over_ || begin_ == buffer_.size()) return false;
    end = buffer_.size();
  }
  out.assign(buffer_, begin_, end - begin_);
  begin_ = end + (whole ? delimiter_.size() : 0);
  ++line_;
  return true;
}

bool LineSource::readable() const {
  pollfd entry{.fd = wait_fd(), .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

void LineSource::fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  if (buffer_.size() > kMaxLine) {
    throw UsageError{
        "line " + std::to_string(line_ + 1) + " of " + name_ + " is longer than " + std::to_string(kMaxLine) + " bytes",
        "for input with NUL bytes between the lines, use --null"};
  }
  const auto old = buffer_.size();
  buffer_.resize(old + kChunk);
  const auto got = ::read(wait_fd(), buffer_.data() + old, kChunk);
  buffer_.resize(old + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0 && errno != EINTR && errno != EAGAIN) {
    throw CommandError{ExitCode::failed,
                       "cannot read line " + std::to_string(line_ + 1) + " of " + name_ + ": " + reason()};
  }
  over_ = got == 0;
}

Fetch LineSource::next(std::string& out) {
  while (!pop_line(out)) {
    if (over_) return Fetch::end;
    if (!readable()) return Fetch::waiting;
    fill();
  }
  return Fetch::ready;
}

std::optional<std::uint64_t> LineSource::count() {
  struct stat info {};
  if (delimiter_.size() > 1) return std::nullopt;
  const char delimiter = delimiter_[0];
  if (::fstat(wait_fd(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  auto lines = static_cast<std::uint64_t>(
      std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.end(), delimiter));
  char last = begin_ < buffer_.size() ? buffer_.back() : delimiter;
  std::string chunk(kChunk, '\0');
  auto offset = ::lseek(wait_fd(), 0, SEEK_CUR);
  for (;;) {
    const auto got = ::pread(wait_fd(), chunk.data(), chunk.size(), offset);
    if (got <= 0) break;
    lines += static_cast<std::uint64_t>(std::count(chunk.begin(), chunk.begin() + got, delimiter));
    last = chunk[static_cast<std::size_t>(got) - 1];
    offset += got;
  }
  return lines + (last == delimiter ? 0 : 1);
}

Fetch NonEmptySource::next(std::string& out) {
  const auto state = source_->next(out);
  if (state == Fetch::waiting) return state;
  if (state == Fetch::end && any_) return state;
  if (state == Fetch::end) out.clear();
  any_ = true;
  return Fetch::ready;
}

std::optional<std::uint64_t> NonEmptySource::count() {
  const auto count = source_->count();
  return count && *count == 0 && !any_ ? 1 : count;
}

Fetch RepeatedSource::next(std::string& out) {
  if (!ended_) {
    const auto state = source_->next(out);
    if (state == Fetch::ready) seen_.push_back(out);
    if (state != Fetch::end) return state;
    ended_ = true;
    --*open_;
  }
  if (*open_ == 0) return Fetch::end;
  out = seen_.empty() ? "" : seen_[next_++ % seen_.size()];
  return Fetch::ready;
}

}  // namespace forkmill::cli
