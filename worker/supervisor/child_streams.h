// The streams of one child: its stdout and stderr are passed on line by line, and their end is kept for the report of
// its death.
#pragma once

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "proto/os/descriptor.h"
#include "proto/os/waiter.h"
#include "worker/os/child_output.h"

namespace forkmill::worker {

// The supervisor's own stdout and stderr.
struct OutputSinks {
  // keep_all: when the readers are slow, is_full() asks to read less from the children, and nothing is lost. Otherwise
  // output beyond 1 MiB is dropped, and counted.
  explicit OutputSinks(bool keep_all)
      : keeps_all{keep_all}, out{STDOUT_FILENO, most(keep_all)}, err{STDERR_FILENO, most(keep_all)} {}
  static constexpr std::size_t most(bool keep_all) {
    return keep_all ? std::numeric_limits<std::size_t>::max() : std::size_t{1024} * 1024;
  }

  bool keeps_all;
  OutputSink out;
  OutputSink err;
  bool paused = false;  // nothing that children print is read

  void flush() {
    out.flush();
    err.flush();
  }
  // Lines wait for a reader.
  bool pending() const { return out.pending() || err.pending(); }
  bool is_full() const {
    constexpr std::size_t kFull = 64 * 1024;
    return keeps_all && (out.waiting() >= kFull || err.waiting() >= kFull);
  }
  void finish(std::chrono::milliseconds patience) {
    out.finish(patience);
    err.finish(patience);
  }
};

class ChildStreams {
 public:
  // Makes the pipes. `out` and `err` get the ends that are the child's. Throws std::system_error.
  void open(proto::Descriptor& out, proto::Descriptor& err);
  // Call when the child was forked: from now on `waiter` returns `tag` when there is something to read.
  void watch(proto::Waiter& waiter, std::uint64_t tag);
  // Reads nothing until watch() is called again: a child that writes more than its pipes hold waits.
  void pause(proto::Waiter& waiter);
  // Passes on what is there now.
  void pump(proto::Waiter& waiter, OutputSinks& sinks);
  // Call when the child has died: passes on the rest, and closes.
  void close(proto::Waiter& waiter, OutputSinks& sinks);
  // The child could not be forked.
  void reset() { pipes_ = {}; }

  std::string drain_tail() { return tail_.drain(); }

 private:
  void close(OutputPipe& pipe, proto::Waiter& waiter, OutputSink& sink);

  std::array<OutputPipe, 2> pipes_;  // stdout, stderr
  OutputTail tail_;
};

}  // namespace forkmill::worker
