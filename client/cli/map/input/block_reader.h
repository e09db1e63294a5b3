// --pipe: stdin, cut into blocks at the ends of records. A record ends with `end` and begins with `start`, each of
// which may be empty.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "client/cli/map/input/source.h"
#include "proto/os/descriptor.h"

namespace forkmill::cli {

class BlockReader {
 public:
  struct Options {
    std::size_t bytes = 1024UL * 1024;  // the size of a block, which a long record may exceed
    std::size_t records = 0;            // records of a block, regardless of its size; 0: as many as fit
    std::string end = "\n";
    std::string start{};
    std::size_t header_lines = 0;  // begin each block
    std::size_t most = 0;          // bytes of a block; a longer record is an error
  };

  // Reads `fd`, which the caller keeps open. REQUIRES: options.end or options.start is not empty.
  BlockReader(int fd, Options options) : fd_{fd}, options_{std::move(options)} {}

  // Reads the next block, like Source::next(). Throws UsageError if a record is longer than options.most, and
  // CommandError for a read error.
  Fetch next(std::string& block);
  int wait_fd() const { return fd_; }

 private:
  Fetch fill();
  // The end of a block of buffer_. npos: more input is needed.
  std::size_t find_cut();
  // The end of the record at `from`, or of the last one that ends before `limit`.
  std::size_t record_end(std::size_t from) const;
  std::size_t last_end(std::size_t limit) const;
  bool take_header();

  int fd_;
  Options options_;
  std::string buffer_;
  std::string header_;
  std::size_t counted_ = 0;  // with options_.records: where the counted records end
  std::size_t records_ = 0;  // the number of them
  bool have_header_ = false;
  bool over_ = false;
};

}  // namespace forkmill::cli
