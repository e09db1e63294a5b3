// Errors of the command line, with a suggestion where a word is mistyped.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace forkmill::cli {

// Returns the message for an error that CLI11 has found, without the last newline.
std::string usage_text(const CLI::App& app, const CLI::ParseError& error);

// Returns the message for words that name no command below `app`, the first of which is unknown.
std::string unknown_command(const CLI::App& app, const std::string& word);

}  // namespace forkmill::cli
