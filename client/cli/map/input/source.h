// The sources of arguments of `forkmill map`: words of the command line (:::), or lines of a file or of stdin (::::).
// Lines are read as needed, and an empty pipe does not block.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/os/descriptor.h"

namespace forkmill::cli {

enum class Fetch { ready, waiting, end };

// For one thread.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // Reads the next argument. ready: it is in `out`; waiting: poll wait_fd() and call again; end: there are no more.
  virtual Fetch next(std::string& out) = 0;
  virtual int wait_fd() const { return -1; }
  // The number of remaining arguments. Null: it is unknown without blocking.
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
  // The longest line in bytes. The system does not accept a longer command either.
  static constexpr std::size_t kMaxLine = 128UL * 1024;

  // Opens `path`; "-" is stdin. `delimiter` ends each line but may be missing in the last one. Throws UsageError if
  // the file cannot be opened. REQUIRES: `delimiter` is not empty.
  LineSource(const std::string& path, std::string delimiter);

  // Throws UsageError for a line longer than kMaxLine, and CommandError for a read error, both with file and line.
  Fetch next(std::string& out) override;
  int wait_fd() const override { return file_.valid() ? file_.get() : 0; }
  // Counts the remaining lines of a regular file, which it reads to the end. Null: the file is a pipe or a terminal, or
  // the delimiter has several characters.
  std::optional<std::uint64_t> count() override;

 private:
  bool pop_line(std::string& out);
  bool readable() const;
  void fill();

  std::string name_;
  std::string delimiter_;
  proto::Descriptor file_;  // none: standard input
  std::string buffer_;
  std::size_t begin_ = 0;  // the beginning of the next line in buffer_
  std::uint64_t line_ = 0;
  bool over_ = false;
};

// One of several sources, which counts as one empty argument if it has none.
class NonEmptySource : public Source {
 public:
  explicit NonEmptySource(std::unique_ptr<Source> source) : source_{std::move(source)} {}
  Fetch next(std::string& out) override;
  int wait_fd() const override { return source_->wait_fd(); }
  std::optional<std::uint64_t> count() override;

 private:
  std::unique_ptr<Source> source_;
  bool any_ = false;
};

// One of several linked sources, which is repeated until the longest of them has ended (--link). Its arguments are kept
// in memory.
class RepeatedSource : public Source {
 public:
  // open: the number of linked sources that have not ended, which they share.
  RepeatedSource(std::unique_ptr<Source> source, std::shared_ptr<std::size_t> open)
      : source_{std::move(source)}, open_{std::move(open)} {}
  Fetch next(std::string& out) override;
  int wait_fd() const override { return source_->wait_fd(); }
  std::optional<std::uint64_t> count() override { return std::nullopt; }

 private:
  std::unique_ptr<Source> source_;
  std::shared_ptr<std::size_t> open_;
  std::vector<std::string> seen_;
  std::size_t next_ = 0;  // in seen_, once the source has ended
  bool ended_ = false;
};

}  // namespace forkmill::cli
