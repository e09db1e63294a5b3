// forkmill completion bash: a completion script, made from the commands themselves.
#include <cstdio>
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

// One case for each command, by its full path ("forkmill task get").
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
  auto* group = program.app.add_subcommand("completion", "Completion of commands and options for your shell")
                    ->require_subcommand(1);
  auto* bash = group->add_subcommand("bash", "For bash");
  bash->footer(
      "Now:      source <(forkmill completion bash)\n"
      "For good: forkmill completion bash > ~/.local/share/bash-completion/completions/forkmill");
  bash->callback([program] {
    program.action = [program] { return std::fputs(bash_script(program.app).c_str(), stdout) < 0 ? 1 : 0; };
  });
}

}  // namespace forkmill::cli
