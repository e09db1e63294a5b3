// Simple lines: lines for the shell that only name a program and its words. The shell would expand nothing in them, so
// that the program can be started without a shell.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::worker {

// Returns the program and its arguments, as the shell would pass them. Null: the line needs a shell, or may need one.
// A line is simple if it consists of words of plain characters, quoted texts and escaped characters, and its first word
// is neither a builtin nor a keyword of a shell, and no assignment.
std::optional<std::vector<std::string>> split_simple_line(std::string_view line);

}  // namespace forkmill::worker
