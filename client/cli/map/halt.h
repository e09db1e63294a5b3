// --halt: when a run stops early, and the exit status of the run. The rules are those of GNU parallel. Pure.
//
//   never                 run all jobs (the default)
//   now|soon,fail=N       stop when N jobs, or N% of all jobs, have failed
//   now|soon,success=N    stop when N jobs, or N%, have succeeded
//   now|soon,done=N       stop when N jobs, or N%, have ended
//
// soon: start no more jobs, and let the running ones finish; submitted jobs that have not started are cancelled. now:
// cancel the running jobs as well. "now" and "soon" alone mean fail=1. 0, 1, 2, -1, -2 and N% are short for never,
// soon,fail=1, now,fail=1, soon,success=1, now,success=1 and soon,fail=N%.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/cli/map/jobs/job.h"

namespace forkmill::cli {

enum class Halt { never, soon, now };

struct HaltRule {
  enum class On { fail, success, done };

  Halt when = Halt::never;
  On on = On::fail;
  double threshold = 1;  // a number of jobs, or a percentage of all jobs
  bool percent = false;

  // Throws UsageError if `text` is not a rule.
  static HaltRule parse(std::string_view text);
};

class HaltWatch {
 public:
  explicit HaltWatch(HaltRule rule) : rule_{rule} {}

  // Counts a job that has ended and is not tried again. Not for cancelled jobs.
  void ended(const Outcome& outcome);
  // Sets the number of all jobs. A rule with a percentage takes effect only after this call.
  void total_known(std::uint64_t total);

  Halt state() const { return state_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t done() const { return done_; }

  // The exit status of the run: the number of failed jobs up to 253, or 254 for more. If the run was halted: 0 for
  // success=, the status of the job for a threshold of one job, the percentage of failed jobs for a percentage. (255 is
  // for errors of the run itself.)
  int exit_status() const;

 private:
  std::uint64_t counted() const;
  void check(int status);

  HaltRule rule_;
  Halt state_ = Halt::never;
  std::optional<std::uint64_t> total_;
  std::uint64_t failed_ = 0;
  std::uint64_t done_ = 0;
  int last_status_ = 0;
  std::optional<int> halt_status_;
};

}  // namespace forkmill::cli
