// RowReader: an interface that reads the arguments of one job after the other. For one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "client/cli/map/input/source.h"
#include "client/cli/map/jobs/job.h"

namespace forkmill::cli {

class RowReader {
 public:
  RowReader() = default;
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;
  virtual ~RowReader() = default;

  // Reads the next row, like Source::next().
  virtual Fetch next(Row& row) = 0;
  // The descriptor to poll after Fetch::waiting.
  virtual int wait_fd() const = 0;
  // The number of rows. Null: it is unknown without blocking, or exceeds 64 bits. REQUIRES: next() was not called yet.
  virtual std::optional<std::uint64_t> count() = 0;
};

}  // namespace forkmill::cli
