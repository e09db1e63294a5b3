#include "client/cli/commands/completion/scripts.h"
#include "client/cli/text/joined.h"

namespace forkmill::cli {

namespace {

std::string bash_words(const CompletionPoint& point) {
  std::vector<std::string> words;
  words.reserve(point.commands.size());
  for (const auto& [name, description] : point.commands) words.push_back(name);
  for (const auto& option : point.options) words.insert(words.end(), option.names.begin(), option.names.end());
  return joined(words, " ");
}

// The cases for the word before: an option with a value has its choices, or none, instead of the words of the command.
std::string bash_values(const CompletionPoint& point) {
  std::string cases;
  for (const auto& option : point.options) {
    if (!option.has_value) continue;
    cases += "      " + joined(option.names, "|") + ") words='" + joined(option.choices, " ") + "' ;;\n";
  }
  return cases.empty() ? "" : "      case $before in\n" + cases + "      esac ;;\n";
}

}  // namespace

std::string bash_script(const std::vector<CompletionPoint>& points) {
  std::string cases;
  for (const auto& point : points) {
    const auto values = bash_values(point);
    cases += "    '" + point.path + "') words='" + bash_words(point) + "'" + (values.empty() ? " ;;\n" : "\n" + values);
  }
  return "_forkmill() {\n"
         "  local word at=forkmill words= before=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n" +
         path_search(points) +
         "  done\n"
         "  case $at in\n" +
         cases +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "  [[ ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default\n"
         "}\n"
         "complete -F _forkmill forkmill\n";
}

}  // namespace forkmill::cli
