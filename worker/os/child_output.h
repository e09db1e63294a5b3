// Output of children: passed on line by line to the supervisor's own stdout and stderr; the end of it is kept for the
// report of a crash.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proto/os/descriptor.h"

namespace forkmill::worker {

// OutputSink: one of the supervisor's own streams. Never blocks: when a reader has stopped reading, output is dropped.
class OutputSink {
 public:
  explicit OutputSink(int fd) : fd_{fd} {}
  // Writes the lines now or by a later flush().
  void write(std::string_view lines);
  void flush();
  bool pending() const { return !waiting_.empty(); }

 private:
  static constexpr std::size_t kMaxWaiting = 1024 * 1024;
  int fd_;
  std::string waiting_;
  std::size_t dropped_ = 0;  // bytes
};

// OutputTail: the last bytes of a stream (limits::kMaxOutputTail).
class OutputTail {
 public:
  void add(std::string_view text);
  // Returns the tail, and begins a new one.
  std::string drain();

 private:
  std::string bytes_;
};

// OutputPipe: the reading end of one stream of one child.
class OutputPipe {
 public:
  // Makes a pipe and moves its writing end to `writer`. Throws std::system_error.
  static OutputPipe make(proto::Descriptor& writer);

  // Reads what is there now: whole lines go to `sink`, everything to `tail`. False: the stream has ended.
  bool pump(OutputSink& sink, OutputTail& tail);
  // The stream has ended: a last line without a newline goes to `sink` with one.
  void finish(OutputSink& sink);

  int fd() const { return reader_.get(); }

 private:
  proto::Descriptor reader_;
  std::string partial_;  // a line that has not ended
};

}  // namespace forkmill::worker
