// --shuf: the rows in random order. All of them are read before the first one is returned, and kept in memory.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "client/cli/map/input/row_reader.h"

namespace forkmill::cli {

class ShuffledRows final : public RowReader {
 public:
  ShuffledRows(std::unique_ptr<RowReader> rows, std::uint64_t seed) : rows_{std::move(rows)}, seed_{seed} {}

  Fetch next(Row& row) override;
  int wait_fd() const override { return rows_->wait_fd(); }
  std::optional<std::uint64_t> count() override { return rows_->count(); }

 private:
  std::unique_ptr<RowReader> rows_;
  std::uint64_t seed_;
  std::vector<Row> shuffled_;
  bool complete_ = false;
};

}  // namespace forkmill::cli
