// -N, -n, -X and -m: the arguments of several rows for one job.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "client/cli/map/input/row_reader.h"

namespace forkmill::cli {

class PackedRows final : public RowReader {
 public:
  struct Limits {
    std::size_t rows = 0;    // maximum of rows in a job; 0: none
    std::size_t length = 0;  // maximum of bytes in a command
    std::size_t jobs = 1;    // if `rows` is unlimited: the last rows are spread over this many jobs
    bool drop = false;       // the rows give jobs without arguments (-N0)
  };
  // length: the length of a command with these arguments.
  PackedRows(std::unique_ptr<RowReader> rows, const Limits& limits, std::function<std::size_t(const Row&)> length)
      : rows_{std::move(rows)}, limits_{limits}, length_{std::move(length)}, base_{length_({})} {}

  Fetch next(Row& row) override;
  int wait_fd() const override { return rows_->wait_fd(); }
  std::optional<std::uint64_t> count() override;

 private:
  // Reads rows as long as they fit into the next command. Fetch::end: a command is complete.
  Fetch gather();
  bool fits(const Row& row);

  std::unique_ptr<RowReader> rows_;
  Limits limits_;
  std::function<std::size_t(const Row&)> length_;
  std::size_t base_;  // the length of the command without arguments
  std::deque<Row> gathered_;
  std::size_t bytes_ = 0;         // bytes that gathered_ adds to the command
  std::optional<Row> left_over_;  // the row that did not fit
  std::size_t jobs_left_ = 0;     // over which gathered_ is spread, at the end of the input
  bool over_ = false;
};

}  // namespace forkmill::cli
