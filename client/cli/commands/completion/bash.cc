#include "client/cli/commands/completion/scripts.h"

namespace forkmill::cli {

namespace {

std::string bash_words(const CompletionPoint& point) {
  std::string words;
  for (const auto& [name, description] : point.commands) words += name + " ";
  for (const auto& option : point.options) {
    for (const auto& name : option.names) words += name + " ";
  }
  if (!words.empty()) words.pop_back();
  return words;
}

// The cases for the word before: an option with a value has its choices, or none, instead of the words of the command.
std::string bash_values(const CompletionPoint& point) {
  std::string cases;
  for (const auto& option : point.options) {
    if (!option.has_value) continue;
    std::string names;
    for (const auto& name : option.names) names += (names.empty() ? "" : "|") + name;
    std::string choices;
    for (const auto& choice : option.choices) choices += (choices.empty() ? "" : " ") + choice;
    cases += "      " + names + ") words='" + choices + "' ;;\n";
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
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$at $word\" in\n"
         "      " +
         quoted_paths(points, "|") +
         ") at+=\" $word\" ;;\n"
         "    esac\n"
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
