#include "worker/os/child_output.h"

#include <fcntl.h>
#include <poll.h>
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
constexpr std::size_t kAtomicWrite = 4096;       // a pipe that polls as writable takes this much without waiting

bool writable(int fd) {
  pollfd entry{fd, POLLOUT, 0};
  return ::poll(&entry, 1, 0) == 1;
}

}  // namespace

void OutputSink::write(std::string_view lines) {
  if (waiting_.size() + lines.size() > kMaxWaiting) {
    dropped_ += lines.size();
    return;
  }
  waiting_ += lines;
  flush();
}

void OutputSink::flush() {
  std::size_t done = 0;
  while (done < waiting_.size() && writable(fd_)) {
    const auto written = ::write(fd_, waiting_.data() + done, std::min(waiting_.size() - done, kAtomicWrite));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) break;
    if (written < 0) {
      waiting_.clear();  // the stream has no reader any more
      return;
    }
    done += static_cast<std::size_t>(written);
  }
  waiting_.erase(0, done);
  if (waiting_.empty() && dropped_ != 0) {
    waiting_ =
        "[" + std::to_string(std::exchange(dropped_, 0)) + " bytes of output dropped: the reader was too slow]\n";
  }
}

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

bool OutputPipe::pump(OutputSink& sink, OutputTail& tail) {
  std::array<char, 16 * 1024> buffer;
  constexpr int kMaxReads = 64;  // other streams get their turn then
  for (int i = 0; i < kMaxReads; ++i) {
    const auto length = ::read(reader_.get(), buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return errno == EAGAIN;
    if (length == 0) return false;
    const std::string_view text{buffer.data(), static_cast<std::size_t>(length)};
    tail.add(text);
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
