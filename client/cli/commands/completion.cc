// forkmill completion bash: prints a completion script that is generated from the commands.
#include <string>

#include "client/cli/commands/command.h"

namespace forkmill::cli {

namespace {

std::string words_of(const CLI::App& command) {
  std::string words;
  for (const auto* sub : command.get_subcommands({})) words += sub->get_name() + " ";
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) words += "--" + name + " ";
    for (const auto& name : option->get_snames()) words += "-" + name + " ";
  }
  if (!words.empty()) words.pop_back();
  return words;
}

// Adds a case for each command, by its full name ("forkmill task get").
void add_cases(const CLI::App& command, const std::string& path, std::string& script) {
  script += "    '" + path + "') words='" + words_of(command) + "' ;;\n";
  for (const auto* sub : command.get_subcommands({})) add_cases(*sub, path + " " + sub->get_name(), script);
}

std::string bash_script(const CLI::App& app) {
  std::string names;
  for (const auto* sub : app.get_subcommands({})) {
    names += sub->get_name() + "|";
    for (const auto* below : sub->get_subcommands({})) names += below->get_name() + "|";
  }
  names.pop_back();
  std::string cases;
  add_cases(app, "forkmill", cases);
  return "_forkmill() {\n"
         "  local word path=forkmill words=\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case $word in " +
         names +
         ") path+=\" $word\" ;; esac\n"
         "  done\n"
         "  case $path in\n" +
         cases +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "  [[ ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default\n"
         "}\n"
         "complete -F _forkmill forkmill\n";
}

}  // namespace

void add_completion(const Program& program) {
  auto* group = program.app.add_subcommand("completion", "Print a script that completes commands and options")
                    ->require_subcommand(1);
  auto* bash = group->add_subcommand("bash", "Print the completion script for bash");
  bash->footer(
      "Examples:\n"
      "  source <(forkmill completion bash)     this shell only\n"
      "  forkmill completion bash > ~/.local/share/bash-completion/completions/forkmill");
  bash->callback([program] { program.action = [program] { return print_stdout(bash_script(program.app)); }; });
}

}  // namespace forkmill::cli
