#include "worker/tasks/command_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace forkmill::worker {

void Capture::begin(proto::Descriptor reader, std::uint64_t limit) {
  reader_ = std::move(reader);
  limit_ = limit;
  ::fcntl(reader_.get(), F_SETFL, O_NONBLOCK);
}

void Capture::read() {
  thread_local std::array<char, 64 * 1024> buffer;
  constexpr int kMaxReads = 64;  // more than a pipe holds; the rest of the command gets its turn then
  for (int i = 0; i < kMaxReads && reader_; ++i) {
    const auto length = ::read(reader_.get(), buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) return reader_.reset();
    add({buffer.data(), static_cast<std::size_t>(length)});
  }
}

void Capture::add(std::string_view text) {
  log_.add(source_, text);
  const auto kept = text.substr(0, limit_ - text_.size());
  text_.append(kept);
  truncated_ = truncated_ || kept.size() < text.size();
}

Feed::Feed(proto::Descriptor writer, std::string_view data) : writer_{std::move(writer)}, left_{data} {
  if (!writer_) return;
  ::fcntl(writer_.get(), F_SETFL, O_NONBLOCK);
  write();
}

void Feed::write() {
  while (writer_ && !left_.empty()) {
    const auto length = ::write(writer_.get(), left_.data(), left_.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) return;
    if (length < 0) break;  // the command has closed its input
    left_.remove_prefix(static_cast<std::size_t>(length));
  }
  writer_.reset();
}

}  // namespace forkmill::worker
