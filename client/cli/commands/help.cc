// forkmill help, version: the same as the options --help and --version.
#include <memory>
#include <string>
#include <vector>

#include "client/cli/commands/command.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/text/usage.h"

namespace forkmill::cli {

namespace {

// The help of the command that `words` name.
std::string help_of(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  auto path = app.get_name();
  for (const auto& word : words) {
    const auto below = command->get_subcommands([&](const CLI::App* one) { return one->check_name(word); });
    if (below.empty()) throw UsageError{unknown_command(*command, word), "see forkmill --help"};
    command = below.front();
    path += " " + command->get_name();
  }
  // CLI::App::help() would show the help of the command that was parsed, which is this one.
  return command->get_formatter()->make_help(command, path, CLI::AppFormatMode::Normal);
}

}  // namespace

void add_help(const Program& program) {
  auto* command = program.app.add_subcommand("help", "Print the help of a command");
  auto words = std::make_shared<std::vector<std::string>>();
  command->footer("Examples:\n  forkmill help map\n  forkmill help task ls");
  command->add_option("command", *words, "Name of the command")->option_text("COMMAND...");
  command->callback(
      [program, words] { program.action = [program, words] { return print_stdout(help_of(program.app, *words)); }; });
}

void add_version(const Program& program, const std::string& version) {
  auto* command = program.app.add_subcommand("version", "Print the version");
  command->callback([program, version] { program.action = [version] { return print_stdout(version + "\n"); }; });
}

}  // namespace forkmill::cli
