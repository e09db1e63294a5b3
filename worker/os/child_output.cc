#include "worker/os/child_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "proto/limits.h"
#include "worker/os/pipe.h"

namespace forkmill::worker {

namespace {

constexpr std::size_t kLongestLine = 64 * 1024;  // longer lines are split

}  // namespace

void OutputTail::add(std::string_view text) {
  bytes_ += text;
  if (bytes_.size() > 4 * proto::limits::kMaxOutputTail) bytes_.erase(0, bytes_.size() - proto::limits::kMaxOutputTail);
}

std::string OutputTail::drain() {
  if (bytes_.size() > proto::limits::kMaxOutputTail) bytes_.erase(0, bytes_.size() - proto::limits::kMaxOutputTail);
  return std::exchange(bytes_, {});
}

OutputPipe OutputPipe::make(proto::Descriptor& writer) {
  Pipe ends = make_pipe();
  ::fcntl(ends.reader.get(), F_SETFL, O_NONBLOCK);
  OutputPipe pipe;
  pipe.reader_ = std::move(ends.reader);
  writer = std::move(ends.writer);
  return pipe;
}

bool OutputPipe::pump(OutputSink& sink, OutputTaker& taker) {
  std::array<char, 16 * 1024> buffer;
  constexpr int kMaxReads = 64;  // other streams get their turn then
  for (int i = 0; i < kMaxReads; ++i) {
    taker.before_read();
    const auto length = ::read(reader_.get(), buffer.data(), buffer.size());
    const int error = errno;
    taker.after_read({buffer.data(), length > 0 ? static_cast<std::size_t>(length) : 0});
    if (length < 0 && error == EINTR) continue;
    if (length < 0) return error == EAGAIN;
    if (length == 0) return false;
    const std::string_view text{buffer.data(), static_cast<std::size_t>(length)};
    partial_ += text;
    const auto end = partial_.rfind('\n');
    const auto whole = end != std::string::npos ? end + 1 : partial_.size() > kLongestLine ? partial_.size() : 0;
    if (whole != 0) sink.write(std::string_view{partial_}.substr(0, whole));
    partial_.erase(0, whole);
  }
  return true;
}

void OutputPipe::finish(OutputSink& sink) {
  if (partial_.empty()) return;
  sink.write(partial_ + "\n");
  partial_.clear();
}

}  // namespace forkmill::worker
