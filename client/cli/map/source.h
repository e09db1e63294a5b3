// Where the arguments of `forkmill map` come from: words of the command line (:::) or lines of a file or of stdin
// (::::). Lines are read as they are asked for, never all at once, and a pipe that has nothing yet does not block.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/transport/descriptor.h"

namespace forkmill::cli {

enum class Fetch { ready, waiting, end };

// Used by one thread.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // ready: the next argument is in `out`. waiting: none has come yet; poll wait_fd() for input and ask again.
  virtual Fetch next(std::string& out) = 0;
  virtual int wait_fd() const { return -1; }
  // How many arguments there are still to come, where that can be told without waiting.
  virtual std::optional<std::uint64_t> count() = 0;
};

class WordSource : public Source {
 public:
  explicit WordSource(std::vector<std::string> words) : words_{std::move(words)} {}
  Fetch next(std::string& out) override;
  std::optional<std::uint64_t> count() override { return words_.size() - next_; }

 private:
  std::vector<std::string> words_;
  std::size_t next_ = 0;
};

class LineSource : public Source {
 public:
  // The longest line taken: no command could be longer anyway.
  static constexpr std::size_t kMaxLine = 128UL * 1024;

  // path: "-" for stdin. delimiter: '\n' or '\0'; what ends each line. A last line without one counts too.
  // Throws UsageError when the file cannot be opened.
  LineSource(const std::string& path, char delimiter);

  // Throws UsageError for a line over kMaxLine and CommandError for a read error, naming file and line.
  Fetch next(std::string& out) override;
  int wait_fd() const override { return file_.valid() ? file_.get() : 0; }
  // Counts the lines of a regular file without moving in it; empty for pipes and terminals. O(size of the file).
  std::optional<std::uint64_t> count() override;

 private:
  bool take_line(std::string& out);
  bool readable() const;
  void fill();

  std::string name_;
  char delimiter_;
  proto::Descriptor file_;  // none: standard input
  std::string buffer_;
  std::size_t begin_ = 0;  // of the next line in buffer_
  std::uint64_t line_ = 0;
  bool over_ = false;
};

}  // namespace forkmill::cli
