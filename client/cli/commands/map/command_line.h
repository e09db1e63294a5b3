// The command line of `forkmill map`, as GNU parallel reads it: options end at the first word that is none, at "--" or
// at an input source; a long option may be shortened to a unique beginning, or have another name.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "client/cli/commands/command.h"

namespace forkmill::cli {

// Moves the words behind the options of `map` from `arguments` to the result, and gives the options their full names.
// Does nothing if `arguments` are those of another command. The result has an error for an option that is unknown or
// ambiguous; the callback of `map` throws it.
CommandWords cut_map_words(const CLI::App& program, std::vector<std::string>& arguments);

}  // namespace forkmill::cli
