// A worker's options, from defaults < TOML file < environment < flags (proto/settings/settings.h).
#pragma once

#include <forkmill/worker_options.h>

#include <optional>

namespace forkmill::worker {

struct CommandLine {
  WorkerOptions options;
  bool allow_exec = false;
};

enum class Program { own, stock };  // a program with handlers of its own, or forkmill-worker, which takes --allow-exec

// The exit code when the program is to end here: 0 after --help, 2 for an option that is wrong (said on stderr).
std::optional<int> read_options(int argc, const char* const* argv, Program program, CommandLine& line);

// Throws std::invalid_argument for options that are wrong, whichever way they were given: what, and what would be
// right.
void check(const WorkerOptions& options);

unsigned usable_cpus();

}  // namespace forkmill::worker
