// Rows: the input sources put together into the arguments of one job after the other. Several sources give every
// combination, the last one changing fastest; sources linked with :::+ or ::::+ advance together and end with the
// shortest.
//
// Memory: the first source (with what is linked to it) is read as it is needed, however long it is; the others are kept
// whole, because they are gone through again and again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/map/columns.h"
#include "client/cli/map/job.h"
#include "client/cli/map/source.h"

namespace forkmill::cli {

class Rows {
 public:
  using Group = std::vector<std::unique_ptr<Source>>;  // linked sources

  // columns: how to split an argument into several, each then a source of its own ({1} {2} …).
  explicit Rows(std::vector<Group> groups, std::optional<ColumnSplitter> columns = std::nullopt);

  // As Source::next.
  Fetch next(Row& row);
  int wait_fd() const { return wait_fd_; }

  // How many rows there will be in all, where that can be told without waiting. REQUIRES: next was not called yet.
  std::optional<std::uint64_t> count();

  // Arguments in each row; empty when --colsep leaves it to the input.
  std::optional<std::size_t> width() const;

 private:
  Fetch fetch(Group& group, Row& partial);
  Fetch load_rest();
  bool advance_rest();
  void assemble(Row& row) const;

  std::vector<Group> groups_;
  std::optional<ColumnSplitter> columns_;
  std::vector<Row> partial_;            // per group: what linked sources have given of a row that still waits
  std::vector<std::vector<Row>> rest_;  // all rows of every group but the first
  std::vector<std::size_t> position_;   // in rest_
  std::size_t loaded_ = 1;              // groups before this one need no more reading
  Row first_;                           // the current row of the first group
  bool have_first_ = false;
  int wait_fd_ = -1;
};

}  // namespace forkmill::cli
