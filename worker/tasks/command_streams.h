// Streams of a command that runs for forkmill.exec: its outputs are captured, its input is fed to it. Neither ever
// blocks: call read() and write() when poll(2) says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/os/descriptor.h"
#include "worker/tasks/paced_log.h"

namespace forkmill::worker {

// Capture: one output of the command. The first `limit` bytes are kept, the rest is read and dropped. All of it goes to
// the log of the attempt.
class Capture {
 public:
  // source: output or errors. `log` must outlive the capture.
  Capture(proto::LogSource source, PacedLog& log) : source_{source}, log_{log} {}
  void begin(proto::Descriptor reader, std::uint64_t limit);

  // Reads what is there now, or some MiB of it.
  void read();
  // Adds a text as if the command had written it.
  void add(std::string_view text);

  // −1 once the stream has ended; poll(2) ignores that.
  int fd() const { return reader_.get(); }
  bool truncated() const { return truncated_; }
  std::string& text() { return text_; }

 private:
  proto::LogSource source_;
  PacedLog& log_;
  proto::Descriptor reader_;
  std::uint64_t limit_ = 0;
  std::string text_;
  bool truncated_ = false;
};

// Feed: the command's input, written as the command reads, and then closed.
class Feed {
 public:
  Feed() = default;
  // `data` must outlive the feed.
  Feed(proto::Descriptor writer, std::string_view data);

  // Writes as much as there is room for now.
  void write();

  // −1 once everything is written; poll(2) ignores that.
  int fd() const { return writer_.get(); }

 private:
  proto::Descriptor writer_;
  std::string_view left_;
};

}  // namespace forkmill::worker
