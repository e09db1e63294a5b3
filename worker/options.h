// The options of a worker, from its command line, environment and file (proto/settings/settings.h).
#pragma once

#include <forkmill/worker_options.h>

#include <optional>
#include <string>
#include <vector>

namespace forkmill::worker {

struct CommandLine {
  WorkerOptions options;
  bool allow_exec = false;
  std::vector<std::string> pass_env;  // --pass-env, for commands
};

// own: a program with handlers of its own; stock: forkmill-worker, which has --allow-exec.
enum class Program { own, stock };

// Reads all sources into `line`. Returns the exit code if the program is to exit: 0 after --help or --version, 2 after
// an error, which is written to stderr.
std::optional<int> read_options(int argc, const char* const* argv, Program program, CommandLine& line);

// Throws std::invalid_argument, with the value and what is accepted, if an option is wrong. For options of all sources,
// the program itself included.
void check(const WorkerOptions& options);
// Fills in the default endpoint, and cuts durations to limits::kLongestSetting.
void complete(WorkerOptions& options);

}  // namespace forkmill::worker
