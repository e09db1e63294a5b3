// forkmill completion bash, zsh, fish: prints a completion script that is generated from the commands.
#include <string>

#include "client/cli/commands/command.h"
#include "client/cli/commands/completion/scripts.h"

namespace forkmill::cli {

namespace {

using MakeScript = std::string (*)(const std::vector<CompletionPoint>& points);

void add_shell(CLI::App& group, const Program& program, const std::string& shell, MakeScript make,
               const std::string& examples) {
  auto* command = group.add_subcommand(shell, "Print the completion script for " + shell);
  command->footer("Examples:\n" + examples);
  command->callback([program, make] {
    program.action = [program, make] { return print_stdout(make(completion_points(program.app))); };
  });
}

}  // namespace

void add_completion(const Program& program) {
  auto* group = program.app.add_subcommand("completion", "Print a script that completes commands and options")
                    ->require_subcommand(1);
  add_shell(*group, program, "bash", bash_script,
            "  source <(forkmill completion bash)     this shell only\n"
            "  forkmill completion bash > ~/.local/share/bash-completion/completions/forkmill");
  add_shell(*group, program, "zsh", zsh_script,
            "  forkmill completion zsh > ~/.zfunc/_forkmill\n\n"
            "The folder must be in fpath before compinit runs: fpath+=(~/.zfunc) in ~/.zshrc.");
  add_shell(*group, program, "fish", fish_script,
            "  forkmill completion fish > ~/.config/fish/completions/forkmill.fish");
}

}  // namespace forkmill::cli
