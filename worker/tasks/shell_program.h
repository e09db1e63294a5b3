// ShellProgram: the program that the shell of this machine would run for a simple line (simple_line.h), and the
// environment that it would give that program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::worker {

struct ShellProgram {
  std::string path;                      // file of the program
  std::vector<std::string> argv;         // argv[0] is the first word of the line
  std::vector<std::string> environment;  // "NAME=value"
};

// Returns the program that /bin/sh would run for `line` in `folder` (empty: that of this process) with `environment`.
// Null: the line needs a shell, or what the shell would do is not known. Asks the file system.
std::optional<ShellProgram> program_of_line(std::string_view line, const std::vector<std::string>& environment,
                                            const std::string& folder);

// The line that sh prints when `signal` has ended its program. Empty: none.
std::string shell_report(int signal, bool dumped_core);

}  // namespace forkmill::worker
