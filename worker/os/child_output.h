// Output of children: passed on line by line to the supervisor's own stdout and stderr; the end of it is kept for the
// report of a crash.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "proto/os/descriptor.h"
#include "proto/os/output/unblocked_stream.h"

namespace forkmill::worker {

// OutputSink: one of the supervisor's own streams. When a reader has stopped reading, output is dropped.
using OutputSink = proto::UnblockedStream;

// OutputTaker: gets what is read from a child's stream.
class OutputTaker {
 public:
  virtual void before_read() {}
  // Call after each before_read(). Empty: there was nothing.
  virtual void after_read(std::string_view text) = 0;

 protected:
  ~OutputTaker() = default;
};

// OutputTail: the last bytes of a stream (limits::kMaxOutputTail).
class OutputTail final : public OutputTaker {
 public:
  void add(std::string_view text);
  void after_read(std::string_view text) override { add(text); }
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

  // Reads what is there now: whole lines go to `sink`, everything to `taker`. Returns false if the stream has ended.
  bool pump(OutputSink& sink, OutputTaker& taker);
  // Call when the stream has ended: a last line without a newline goes to `sink` with one.
  void finish(OutputSink& sink);

  int fd() const { return reader_.get(); }

 private:
  proto::Descriptor reader_;
  std::string partial_;  // a line that has not ended
};

}  // namespace forkmill::worker
