// One command of a `forkmill map` run, and how it ended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace forkmill::cli {

using Row = std::vector<std::string>;  // the arguments of one job: one from each input source

struct Job {
  std::uint64_t seq = 0;  // from 1, in the order of the input
  Row args;
  std::vector<std::string> argv;  // what runs: one shell line, or with --quote the program and its arguments
  std::string command;            // what people and the job log see
};

struct Outcome {
  int exit_code = 0;  // -1: there is none (a signal, a time limit, a lost worker, output cut off)
  int signal = 0;
  std::string out;
  std::string err;
  std::string host;       // empty when it never started
  double started_at = 0;  // seconds since 1970, by the worker's clock; 0 when it never started
  double run_seconds = 0;
  std::string problem;     // for people: why a job without an exit status of its own failed
  bool cancelled = false;  // taken back by us: neither a success nor a failure, and not logged
  bool lost = false;       // its worker went away, which is not the command's fault
  bool retriable = true;   // false when another try cannot help, or the whole run has to stop

  bool ok() const { return exit_code == 0 && signal == 0 && !cancelled; }
  // As a shell shows it: the exit code, 128 + signal, or 255 when there is neither.
  int status() const { return signal != 0 ? 128 + signal : exit_code >= 0 ? exit_code : 255; }
};

struct Ended {
  Job job;
  Outcome outcome;
};

}  // namespace forkmill::cli
