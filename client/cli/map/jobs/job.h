// A job of a `forkmill map` run, and its outcome.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace forkmill::cli {

using Row = std::vector<std::string>;  // the arguments of one job, one from each input source

struct Job {
  std::uint64_t seq = 0;   // counts from 1, in the order of the input
  std::uint64_t slot = 0;  // from 1: no other job in flight has it
  Row args{};
  std::vector<std::string> argv{};       // one shell line, or with --quote the program and its arguments
  std::string command{};                 // the text for people and for the job log
  std::string input{};                   // the stdin of the command (--pipe)
  std::chrono::milliseconds timeout{0};  // 0: none
  std::string tag{};                     // begins each line of the output, before a tab (--tag, --tagstring)
};

struct Outcome {
  int exit_code = 0;  // -1: there is none, because of a signal, a time limit, a lost worker or truncated output
  int signal = 0;     // 0: none
  std::string out;
  std::string err;
  std::string host;       // empty if the job did not start
  double started_at = 0;  // in seconds since 1970, by the clock of the worker; 0 if the job did not start
  double run_seconds = 0;
  std::string problem;     // for people: the reason of a failure without an exit status
  bool cancelled = false;  // cancelled by this run: neither a success nor a failure, and not logged
  bool lost = false;       // the worker was lost, which may not be the fault of the command
  bool retriable = true;   // false: another try cannot succeed, or the whole run has to stop
  bool no_folder = false;  // the worker does not have the folder of the run, which ends the run

  // Where `out` and `err` are while OutputSpill holds them in its file.
  struct Stored {
    std::uint64_t offset = 0;
    std::uint64_t out_bytes = 0;
    std::uint64_t err_bytes = 0;
  };
  std::optional<Stored> stored{};

  bool ok() const { return exit_code == 0 && signal == 0 && !cancelled; }
  // The exit status that a shell shows: the exit code, 128 + signal, or 255 if there is neither.
  int status() const { return signal != 0 ? 128 + signal : exit_code >= 0 ? exit_code : 255; }
};

// A job that has ended for good.
struct Ended {
  Job job;
  Outcome outcome;     // the one of the last try
  unsigned tries = 1;  // with those whose worker was lost
};

}  // namespace forkmill::cli
