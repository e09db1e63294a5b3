#include "worker/child/output_watch.h"

#include <sched.h>
#include <stdio_ext.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <optional>

namespace forkmill::worker {

namespace {

// Returns how many bytes are in the pipe. None: it is no pipe.
std::optional<std::uint64_t> unread(int fd) {
  int bytes = 0;
  if (::ioctl(fd, FIONREAD, &bytes) != 0 || bytes < 0) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace

OutputEnds OutputWatch::position() const {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    const std::uint32_t reads = head_.output_reads.load(std::memory_order_seq_cst);
    if (reads % 2 == 0) {
      const std::uint64_t output = head_.output_read[0].load(std::memory_order_seq_cst);
      const std::uint64_t errors = head_.output_read[1].load(std::memory_order_seq_cst);
      const auto more_output = unread(STDOUT_FILENO);
      const auto more_errors = unread(STDERR_FILENO);
      if (!more_output || !more_errors) return {};
      if (head_.output_reads.load(std::memory_order_seq_cst) == reads)
        return {output + *more_output, errors + *more_errors};
    }
    ::sched_yield();
  }
  return {};
}

void OutputWatch::told(const OutputEnds& position) {
  known_ = position.known();
  if (known_) last_ = position;
  read_ = read_so_far();
}

OutputEnds OutputWatch::look_after(std::size_t handler, bool brief) {
  long_[handler] = !brief;
  if (brief && looks_ == 0 && read_so_far() == read_) {
    known_ = false;
    return {};
  }
  const OutputEnds before = last_;
  const OutputEnds now = position();
  told(now);
  looks_ = now == before ? looks_ - (looks_ > 0 ? 1 : 0) : kLooks;
  return now;
}

std::uint64_t OutputWatch::read_so_far() const {
  return head_.output_read[0].load(std::memory_order_relaxed) + head_.output_read[1].load(std::memory_order_relaxed);
}

void flush_output(bool everything) {
  if (::__fpending(stdout) != 0) std::fflush(stdout);
  if (!everything) return;
  std::cout.flush();
  std::clog.flush();
}

}  // namespace forkmill::worker
