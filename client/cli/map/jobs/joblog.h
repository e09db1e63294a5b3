// The job log: a line of tab-separated fields for each job, written when the job has ended. The format is that of GNU
// parallel, so that its tools can read it:
//
//   Seq  Host  Starttime  JobRuntime  Send  Receive  Exitval  Signal  Command
//
// Starttime is in seconds since 1970 by the clock of the worker, JobRuntime in seconds; Send and Receive are the bytes
// of stdin and of the output. Exitval is -1 for a job without an exit status (time limit, lost worker). A newline in
// the command is written as a NUL byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/cli/map/jobs/job.h"
#include "proto/os/descriptor.h"

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
  std::string line() const;  // ends in a newline
  // Reads a line without its newline. Null: the line is not one of a job log.
  static std::optional<JobLogEntry> parse(std::string_view line);
};

JobLogEntry joblog_entry(const Ended& ended);

// The file of a job log. Each line is appended by one write, so that at most the last line of a killed run is
// incomplete.
class JobLog {
 public:
  enum class Mode {
    replace,  // begin with an empty file
    append,   // continue the file of an earlier run
    add,      // the same without a header, as GNU parallel writes to +FILE
  };

  // Opens the file, or creates it; "-" is stdout. Unless it is replaced, cuts off an incomplete last line. Throws
  // UsageError if the file cannot be opened.
  JobLog(const std::string& path, Mode mode);

  // Appends a line. Throws CommandError if it cannot be written.
  void write(const JobLogEntry& entry);

 private:
  void cut_incomplete_line();
  void append(std::string_view text);

  std::string path_;
  proto::Descriptor file_;
};

}  // namespace forkmill::cli
