// JobFeed: the jobs of a run. Each row of arguments, or block of stdin, or failed job of an earlier run becomes a job,
// unless an earlier run has done it (--resume).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "client/cli/map/input/block_reader.h"
#include "client/cli/map/input/row_reader.h"
#include "client/cli/map/jobs/command_template.h"
#include "client/cli/map/jobs/job.h"
#include "client/cli/map/jobs/resume.h"

namespace forkmill::cli {

class JobFeed {
 public:
  enum class Next {
    job,      // a job
    skipped,  // an earlier run has done this one, or it is empty; call next() again
    waiting,  // the input has no row yet; poll wait_fd()
    end,      // the input has ended
  };
  // Where the jobs come from: one of these is set.
  struct Input {
    std::unique_ptr<RowReader> rows{};
    std::optional<BlockReader> blocks{};       // --pipe
    std::optional<std::vector<Job>> failed{};  // --retry-failed: `seq` and `args`, which are the command
  };
  struct Options {
    std::optional<ReplacementText> tag{};  // null: all arguments
    bool skip_empty = false;               // skip jobs whose arguments are blank (--no-run-if-empty)
  };

  JobFeed(CommandTemplate command, Input input, Finished finished, Options options);
  JobFeed(CommandTemplate command, Input input, Finished finished = Finished{Resume::none})
      : JobFeed{std::move(command), std::move(input), std::move(finished), Options{}} {}

  // Counts the rows of the input if that is possible without blocking. REQUIRES: next() was not called yet.
  void count();

  // Reads the next job, which will have this slot. `job` is valid only if this returns Next::job. Does not block.
  // Throws UsageError if the command would be too long, and the errors of Source::next().
  Next next(Job& job, std::uint64_t slot);

  int wait_fd() const { return input_.blocks ? input_.blocks->wait_fd() : input_.rows ? input_.rows->wait_fd() : -1; }
  // The number of jobs, the skipped ones included. Null: unknown as long as the input has not ended.
  std::optional<std::uint64_t> total() const { return total_; }
  std::uint64_t skipped() const { return skipped_; }

 private:
  Fetch read(Job& job);

  CommandTemplate command_;
  Input input_;
  Finished finished_;
  Options options_;
  std::optional<std::uint64_t> total_;
  std::uint64_t count_ = 0;  // the jobs so far
  std::uint64_t skipped_ = 0;
};

}  // namespace forkmill::cli
