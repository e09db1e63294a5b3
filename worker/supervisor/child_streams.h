// The streams of one child: its stdout and stderr are passed on line by line, their end is kept for the report of its
// death, and what was read last for the logs of its attempts.
#pragma once

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/os/descriptor.h"
#include "proto/os/waiter.h"
#include "worker/ipc/shared_area.h"
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

// PrintedText: the newest bytes of one stream that the link has not been told of. The child sees in the shared area how
// many bytes were read in all.
class PrintedText final : public OutputTaker {
 public:
  void begin(AreaHead& head, std::size_t stream, OutputTail& tail);
  void before_read() override;
  void after_read(std::string_view text) override;

  bool empty() const { return text_.empty(); }
  // Bytes of the stream before the text.
  std::uint64_t from() const { return read_ - text_.size(); }
  std::string drain() { return std::exchange(text_, {}); }

 private:
  AreaHead* head_ = nullptr;
  std::size_t stream_ = 0;
  OutputTail* tail_ = nullptr;
  std::string text_;
  std::uint64_t read_ = 0;
};

class ChildStreams {
 public:
  // Makes the pipes. `out` and `err` get the ends that are the child's. area: the memory that the child shares with the
  // link; it is mapped here as well, but not in later forks. Throws std::system_error.
  void open(int area, proto::Descriptor& out, proto::Descriptor& err);
  // Call when the child was forked: from now on `waiter` returns `tag` when there is something to read.
  void watch(proto::Waiter& waiter, std::uint64_t tag);
  // Reads nothing until watch() is called again: a child that writes more than its pipes hold waits.
  void pause(proto::Waiter& waiter);
  // Passes on what is there now.
  void pump(proto::Waiter& waiter, OutputSinks& sinks);
  // Call when the child has died: passes on the rest, and closes.
  void close(proto::Waiter& waiter, OutputSinks& sinks);
  // The child could not be forked.
  void reset();

  std::string drain_tail() { return tail_.drain(); }
  // Text for the link, of stdout (0) and stderr (1).
  PrintedText& printed(std::size_t stream) { return printed_[stream]; }

 private:
  void close(OutputPipe& pipe, proto::Waiter& waiter, OutputSink& sink);

  std::array<OutputPipe, 2> pipes_;  // stdout, stderr
  std::array<PrintedText, 2> printed_;
  std::optional<SharedArea> area_;
  OutputTail tail_;
};

}  // namespace forkmill::worker
