// Completion scripts for shells, and the words that can follow each command, from which they are made. Pure.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace forkmill::cli {

struct CompletionOption {
  std::vector<std::string> names{};  // with dashes: "-o", "--output"
  std::string description{};
  bool has_value = false;
  bool has_file = false;               // the value is a file or a directory
  std::vector<std::string> choices{};  // the values; empty: any value
};

struct CompletionPoint {
  std::string path{};                                           // the whole name of a command: "forkmill task ls"
  std::vector<std::pair<std::string, std::string>> commands{};  // that can follow: name and description
  std::vector<CompletionOption> options{};
};

// The program itself comes first, and each command before those below it. A command with an alias is there twice, so
// that its options are completed behind both names; only its name is proposed.
std::vector<CompletionPoint> completion_points(const CLI::App& app);

std::string bash_script(const std::vector<CompletionPoint>& points);
std::string zsh_script(const std::vector<CompletionPoint>& points);
std::string fish_script(const std::vector<CompletionPoint>& points);

// Returns the paths of `points` but the first as quoted words with `separator` between.
std::string quoted_paths(const std::vector<CompletionPoint>& points, const std::string& separator);
// Returns the lines for bash and zsh that lengthen `at`, the path of a command, by `word` if that is a command too.
std::string path_search(const std::vector<CompletionPoint>& points);

}  // namespace forkmill::cli
