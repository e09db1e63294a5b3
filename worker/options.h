// A worker's options, from defaults < TOML file < environment < flags. Every option is one row of one table (options.cc).
#pragma once

#include <forkmill/worker_options.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

namespace forkmill::worker {

enum class Program { own, stock };  // a program with handlers of its own, or forkmill-worker

struct CommandLine {
  WorkerOptions options;
  bool allow_exec = false;  // stock only
};

// what() says where the wrong option stands, what is wrong with it, and what would be right.
class OptionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Asked for help; what() is the text.
class HelpWanted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Throws OptionError or HelpWanted.
CommandLine parse(int argc, const char* const* argv, Program program, const Environment& environment);

// For main(): prints, and exits with 0 after help, with 2 after a wrong option.
CommandLine parse_or_exit(int argc, const char* const* argv, Program program);

// Throws std::invalid_argument for options out of range, whichever way they were given.
void check(const WorkerOptions& options);

unsigned usable_cpus();

}  // namespace forkmill::worker
