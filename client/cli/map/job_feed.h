// JobFeed: the jobs of a run. Each row of the input becomes a job, unless an earlier run has done it (--resume).
#pragma once

#include <cstdint>
#include <optional>

#include "client/cli/map/jobs/job.h"
#include "client/cli/map/jobs/resume.h"
#include "client/cli/map/jobs/template.h"
#include "client/cli/map/rows.h"

namespace forkmill::cli {

class JobFeed {
 public:
  enum class Next {
    job,      // a job
    skipped,  // an earlier run has done this one; call next() again
    waiting,  // the input has no row yet; poll wait_fd()
    end,      // the input has ended
  };

  JobFeed(CommandTemplate command, Rows rows, Finished finished);

  // Counts the rows of the input if that is possible without blocking. REQUIRES: next() was not called yet.
  void count();

  // Reads the next row. `job` is valid only if this returns Next::job. Does not block. Throws UsageError if the command
  // would be too long, and the errors of Source::next().
  Next next(Job& job);

  int wait_fd() const { return rows_.wait_fd(); }
  // The number of rows, the skipped ones included. Null: unknown as long as the input has not ended.
  std::optional<std::uint64_t> total() const { return total_; }
  std::uint64_t skipped() const { return skipped_; }

 private:
  CommandTemplate command_;
  Rows rows_;
  Finished finished_;
  std::optional<std::uint64_t> total_;
  std::uint64_t seq_ = 0;  // the number of rows read so far
  std::uint64_t skipped_ = 0;
};

}  // namespace forkmill::cli
