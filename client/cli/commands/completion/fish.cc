#include "client/cli/commands/completion/scripts.h"
#include "client/cli/text/joined.h"

namespace forkmill::cli {

namespace {

std::string fish_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += (c == '\'' || c == '\\' ? "\\" : "") + std::string{c};
  return quoted + "'";
}

std::string fish_option(const CompletionOption& option) {
  std::string text;
  for (const auto& name : option.names)
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (option.has_value) text += option.has_file ? " -r -F" : " -x";
  if (!option.choices.empty()) text += " -a '" + joined(option.choices, " ") + "'";
  return text + " -d " + fish_quoted(option.description);
}

}  // namespace

std::string fish_script(const std::vector<CompletionPoint>& points) {
  std::string text =
      "function __forkmill_at\n"
      "  set -l at forkmill\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    if contains -- \"$at $word\" " +
      quoted_paths(points, " ") +
      "\n"
      "      set at \"$at $word\"\n"
      "    end\n"
      "  end\n"
      "  test \"$at\" = \"$argv\"\n"
      "end\n";
  for (const auto& point : points) {
    const auto begin = "complete -c forkmill -n '__forkmill_at " + point.path + "'";
    for (const auto& [name, description] : point.commands)
      text += begin + " -f -a " + name + " -d " + fish_quoted(description) + "\n";
    for (const auto& option : point.options) text += begin + fish_option(option) + "\n";
  }
  return text;
}

}  // namespace forkmill::cli
