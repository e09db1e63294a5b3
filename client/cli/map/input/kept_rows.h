// Rows that are kept in memory, so that their number is known before the first job.
#pragma once

#include <cstddef>
#include <vector>

#include "client/cli/map/input/row_reader.h"

namespace forkmill::cli {

class KeptRows final : public RowReader {
 public:
  // Reads all rows of `from`, and blocks until its sources have ended. Throws the errors of Source::next().
  explicit KeptRows(RowReader& from);

  Fetch next(Row& row) override;
  int wait_fd() const override { return -1; }
  std::optional<std::uint64_t> count() override { return rows_.size() - next_; }

 private:
  std::vector<Row> rows_;
  std::size_t next_ = 0;
};

}  // namespace forkmill::cli
