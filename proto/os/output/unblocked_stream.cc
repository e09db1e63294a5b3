#include "proto/os/output/unblocked_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace forkmill::proto {

namespace {

constexpr std::size_t kAtOnce = 4096;  // a pipe takes this much as a whole or not at all

bool is_writable(int fd, std::chrono::milliseconds patience = {}) {
  pollfd entry{fd, POLLOUT, 0};
  return ::poll(&entry, 1, static_cast<int>(patience.count())) == 1;
}

}  // namespace

UnblockedStream::UnblockedStream(int fd, std::size_t most) : fd_{fd}, most_{most} { open(); }

UnblockedStream::~UnblockedStream() {
  flush();
  if (own_ >= 0 && opened_by_ == ::getpid()) ::close(own_);
}

// O_NONBLOCK is a flag of the open file, which other programs share: it must not be set there. A pipe or a terminal can
// be opened another time instead. A file has its position in the open file, and does not block.
void UnblockedStream::open() {
  opened_by_ = ::getpid();
  own_ = -1;
  struct stat found {};
  if (::fstat(fd_, &found) != 0) return;
  if (S_ISSOCK(found.st_mode)) {
    kind_ = Kind::socket;
  } else if (S_ISFIFO(found.st_mode) || S_ISCHR(found.st_mode)) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd_);
    own_ = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    kind_ = own_ >= 0 ? Kind::reopened : Kind::with_poll;
  }
}

void UnblockedStream::write(std::string_view lines) {
  flush();
  if (waiting_.size() + lines.size() > most_) {
    dropped_ += lines.size();
    return;
  }
  waiting_ += lines;
  flush();
}

void UnblockedStream::flush() {
  if (opened_by_ != ::getpid()) {  // a fork: the lines are its parent's, and `own_` may be another file by now
    waiting_.clear();
    dropped_ = 0;
    open();
  }
  std::size_t done = 0;
  while (done < waiting_.size()) {
    const auto written = write_some(std::string_view{waiting_}.substr(done, kAtOnce));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) break;
    if (written < 0) {
      waiting_.clear();  // the stream has no reader any more
      return;
    }
    done += static_cast<std::size_t>(written);
  }
  waiting_.erase(0, done);
  if (!waiting_.empty() || dropped_ == 0) return;
  waiting_ = "[" + std::to_string(std::exchange(dropped_, 0)) + " bytes of output dropped: the reader was too slow]\n";
  flush();
}

void UnblockedStream::finish(std::chrono::milliseconds patience) {
  for (flush(); pending() && is_writable(fd_, patience);) flush();
}

ssize_t UnblockedStream::write_some(std::string_view text) const {
  switch (kind_) {
    case Kind::socket:
      return ::send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    case Kind::reopened:
      return ::write(own_, text.data(), text.size());
    case Kind::with_poll:
      break;
  }
  if (is_writable(fd_)) return ::write(fd_, text.data(), text.size());
  errno = EAGAIN;
  return -1;
}

}  // namespace forkmill::proto
