// --halt: when to give up on the rest of a run, and the exit status of the whole run. Pure; GNU parallel's rules.
//
//   never                 run everything (the default)
//   now|soon,fail=N       when N jobs have failed; N% of all jobs likewise
//   now|soon,success=N    when N jobs have succeeded
//   now|soon,done=N       when N jobs have ended either way
//
// soon: start nothing more, let what runs finish. now: cancel what runs as well. "now" and "soon" alone mean fail=1.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/cli/map/job.h"

namespace forkmill::cli {

enum class Halt { never, soon, now };

struct HaltRule {
  enum class On { fail, success, done };

  Halt when = Halt::never;
  On on = On::fail;
  double threshold = 1;  // jobs, or percent of all jobs
  bool percent = false;

  // Throws UsageError.
  static HaltRule parse(std::string_view text);
};

class HaltWatch {
 public:
  explicit HaltWatch(HaltRule rule) : rule_{rule} {}

  // A job has ended for good (its retries are used up). Not for cancelled ones.
  void ended(const Outcome& outcome);
  // A percentage means something only from here on; until then such a rule waits.
  void total_known(std::uint64_t total);

  Halt state() const { return state_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t done() const { return done_; }

  // What the shell sees when the run is over: 0 when nothing failed; the number of failures up to 253, and 254 for
  // more. Halted: 0 by success=; the job's own status when the threshold was one job; the percentage that failed when
  // it was a percentage. (255 is for errors of the run itself.)
  int exit_status() const;

 private:
  std::uint64_t counted() const;
  void judge(int status);

  HaltRule rule_;
  Halt state_ = Halt::never;
  std::optional<std::uint64_t> total_;
  std::uint64_t failed_ = 0;
  std::uint64_t done_ = 0;
  int last_status_ = 0;
  std::optional<int> halt_status_;
};

}  // namespace forkmill::cli
