// UnblockedStream: writes lines to a descriptor that other programs read, such as stderr, and never waits for a reader.
// When the reader has stopped, lines wait in memory, and what is beyond that is dropped and counted. One thread owns a
// stream; a fork may go on with its copy.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace forkmill::proto {

class UnblockedStream {
 public:
  // most: how many bytes may wait. Does not own `fd`.
  explicit UnblockedStream(int fd, std::size_t most = std::size_t{1024} * 1024);
  ~UnblockedStream();
  UnblockedStream(const UnblockedStream&) = delete;
  UnblockedStream& operator=(const UnblockedStream&) = delete;

  // Writes the lines now or by a later flush().
  void write(std::string_view lines);
  // Writes what the reader takes now. When everything that waited is written, says how much was dropped.
  void flush();
  // Lines wait for the reader.
  bool pending() const { return !waiting_.empty(); }
  // How many bytes wait.
  std::size_t waiting() const { return waiting_.size(); }
  // Writes everything that waits. Blocks until that is done, or the reader has taken nothing for `patience`.
  void finish(std::chrono::milliseconds patience);

 private:
  enum class Kind { with_poll, reopened, socket };

  void open();
  ssize_t write_some(std::string_view text) const;

  int fd_;
  std::size_t most_;
  Kind kind_ = Kind::with_poll;
  int own_ = -1;  // reopened: the same file, opened so that it does not block; belongs to the process `opened_by_`
  pid_t opened_by_ = 0;
  std::string waiting_;
  std::size_t dropped_ = 0;  // bytes
};

}  // namespace forkmill::proto
