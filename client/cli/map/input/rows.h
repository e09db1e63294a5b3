// Rows: combines the input sources into the arguments of one job after the other. Several sources yield every
// combination, in which the last source changes fastest; sources linked with :::+ or ::::+ advance together and end
// with the shortest, or with --link with the longest.
//
// Memory: the first source, with the sources linked to it, is read as needed. The others are kept in memory, because
// they are read repeatedly.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/map/input/columns.h"
#include "client/cli/map/input/row_reader.h"
#include "client/cli/map/input/source.h"
#include "client/cli/map/jobs/job.h"

namespace forkmill::cli {

class Rows final : public RowReader {
 public:
  using Group = std::vector<std::unique_ptr<Source>>;  // linked sources

  // `columns` splits each argument into several, each with a position of its own ({1} {2} …).
  explicit Rows(std::vector<Group> groups, std::optional<ColumnSplitter> columns = std::nullopt);

  Fetch next(Row& row) override;
  int wait_fd() const override { return wait_fd_; }
  std::optional<std::uint64_t> count() override;

  // Removes the first argument of each source, or its columns, and returns them: names of positions (--header). Blocks
  // until the sources have them. REQUIRES: next() was not called yet.
  std::vector<std::string> read_header();

  // The number of arguments in each row. Null: it depends on the input, because of --colsep.
  std::optional<std::size_t> width() const;

 private:
  Fetch fetch(Group& group, Row& partial);
  Fetch load_rest();
  bool advance_rest();
  void assemble(Row& row) const;
  Row in_columns(Row row) const;

  std::vector<Group> groups_;
  std::optional<ColumnSplitter> columns_;
  std::vector<Row> partial_;            // per group: the beginning of a row of linked sources that is not complete
  std::vector<std::vector<Row>> rest_;  // all rows of each group but the first
  std::vector<std::size_t> position_;   // the current row of each group in rest_
  std::size_t loaded_ = 1;              // the first group that is not completely read
  Row first_;                           // the current row of the first group
  bool have_first_ = false;
  int wait_fd_ = -1;
};

}  // namespace forkmill::cli
