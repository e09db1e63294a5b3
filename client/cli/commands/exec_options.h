// The options of commands that run on workers as forkmill.exec tasks.
#pragma once

#include <forkmill/exec.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/commands/command.h"

namespace forkmill::cli {

struct ExecOptions {
  std::string workdir;           // empty: this directory if the broker is on this machine, else that of the worker
  std::vector<std::string> env;  // names of variables to pass on
  bool quote = false;            // a single word is a program and not a line for the shell
  bool stdin_data = false;       // standard input is sent to the command
  std::uint64_t output_limit = 16ULL * 1024 * 1024;  // bytes of each stream
};

// The umask of commands: that of this process if the broker is on this machine, else -1, which is that of the worker.
int command_umask(const std::string& broker);

// The time limit of a task whose command has the limit `timeout`: the worker stops the command at its limit, and
// returns its output; the limit of the task is later. 0: none.
std::chrono::milliseconds task_timeout(std::chrono::milliseconds timeout);

void add_exec_options(CLI::App& command, ExecOptions& options);

// Makes the request for a command of one or more words. Reads all of standard input if the options say so. Throws
// UsageError for a variable that is not set, an output limit that does not fit into a result, and input that is too
// large.
ExecRequest exec_request(const ExecOptions& options, const std::vector<std::string>& words, const std::string& broker);

}  // namespace forkmill::cli
