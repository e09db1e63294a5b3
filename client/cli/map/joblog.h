// The job log: one line of tab-separated fields for each job, written when it has ended. GNU parallel's format, so its
// tools read it:
//
//   Seq  Host  Starttime  JobRuntime  Send  Receive  Exitval  Signal  Command
//
// Starttime is in seconds since 1970 by the worker's clock, JobRuntime in seconds, Send and Receive are bytes of stdin
// and of output. Exitval is -1 for a job without an exit status (time limit, lost worker). A newline in the command is
// written as a NUL byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/cli/map/job.h"
#include "proto/transport/descriptor.h"

namespace forkmill::cli {

inline constexpr std::string_view kJobLogHeader =
    "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";

struct JobLogEntry {
  std::uint64_t seq = 0;
  std::string host;
  double started_at = 0;
  double run_seconds = 0;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  int exit_code = 0;
  int signal = 0;
  std::string command;

  bool ok() const { return exit_code == 0 && signal == 0; }
  std::string line() const;  // with its newline
  // A line without its newline; empty when it is not one of a job log.
  static std::optional<JobLogEntry> parse(std::string_view line);
};

JobLogEntry joblog_entry(const Ended& ended);

// The file. Each line is one write at its end, so a run that is killed tears the last line at most.
class JobLog {
 public:
  enum class Mode { replace, append };

  // append: a torn last line is cut off first, and a file that is not there is made.
  // Throws UsageError when the file cannot be opened.
  JobLog(const std::string& path, Mode mode);

  // Throws CommandError when the line cannot be written.
  void write(const JobLogEntry& entry);

 private:
  void cut_torn_line();
  void append(std::string_view text);

  std::string path_;
  proto::Descriptor file_;
};

}  // namespace forkmill::cli
