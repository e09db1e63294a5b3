// What children print: forwarded line by line to the supervisor's own stdout and stderr, and the last of it kept for
// the report on a crash.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proto/transport/descriptor.h"

namespace forkmill::worker {

// One of the supervisor's own streams. Never waits: a reader that has stopped reading costs output, not the pool.
class OutputSink {
 public:
  explicit OutputSink(int fd) : fd_{fd} {}
  void write(std::string_view lines);
  void flush();
  bool pending() const { return !waiting_.empty(); }

 private:
  static constexpr std::size_t kMaxWaiting = 1024 * 1024;
  int fd_;
  std::string waiting_;
  std::size_t dropped_ = 0;  // bytes
};

// The last bytes of a stream.
class OutputTail {
 public:
  void add(std::string_view text);
  std::string take();

 private:
  std::string bytes_;
};

// The reading end of one stream of one child.
class OutputPipe {
 public:
  // Gives the writing end to `writer`. Throws std::system_error.
  static OutputPipe make(proto::Descriptor& writer);

  // Reads what is there: whole lines go to the sink, everything to the tail. False at the end of the stream.
  bool pump(OutputSink& sink, OutputTail& tail);
  // The stream's end: what was no whole line goes out as one.
  void finish(OutputSink& sink);

  int fd() const { return reader_.get(); }

 private:
  proto::Descriptor reader_;
  std::string partial_;  // a line that has not ended
};

}  // namespace forkmill::worker
