// The streams of one child: its stdout and stderr are passed on line by line, and their end is kept for the report of
// its death.
#pragma once

#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>

#include "proto/os/descriptor.h"
#include "proto/os/waiter.h"
#include "worker/os/child_output.h"

namespace forkmill::worker {

// The supervisor's own stdout and stderr.
struct OutputSinks {
  OutputSink out{STDOUT_FILENO};
  OutputSink err{STDERR_FILENO};

  void flush() {
    out.flush();
    err.flush();
  }
  // Lines wait for a reader.
  bool pending() const { return out.pending() || err.pending(); }
};

class ChildStreams {
 public:
  // Makes the pipes. `out` and `err` get the ends that are the child's. Throws std::system_error.
  void open(proto::Descriptor& out, proto::Descriptor& err);
  // The child was forked: from now on `waiter` returns `tag` when there is something to read.
  void watch(proto::Waiter& waiter, std::uint64_t tag);
  // Passes on what is there now.
  void pump(proto::Waiter& waiter, OutputSinks& sinks);
  // The child has died: passes on the rest, and closes.
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
