#include "client/cli/program.h"

#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/cli/commands/command.h"
#include "client/cli/commands/map/command_line.h"
#include "client/cli/dev/programs.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/errors/report.h"
#include "client/cli/text/usage.h"
#include "proto/limits.h"
#include "proto/os/standard_streams.h"
#include "proto/printable.h"

namespace forkmill::cli {

namespace {

constexpr int kMapError = 255;  // the exit status of `map` after an error; smaller ones count failed jobs

constexpr const char* kProgramFooter = R"(Start here:
  forkmill dev                             start a broker and workers on this machine
  forkmill map 'gzip -k {}' ::: *.log      run commands on the workers, from another terminal

`forkmill COMMAND --help` describes a command.

Exit status: 0 done; 1 failed; 2 wrong usage; 3 no broker; 4 not found; 5 timed out; 130 interrupted.
`forkmill map` returns the number of failed jobs instead; see `forkmill map --help`.)";

constexpr const char* kVersion = "forkmill " FORKMILL_VERSION;

bool is_map(const CLI::App& app) {
  const auto named = app.get_subcommands();
  return !named.empty() && named.front()->get_name() == "map";
}

int print_error(const std::string& text, int status) {
  const std::string shown = proto::printable(text, proto::LineBreaks::kept);  // errors quote workers
  if (!text.empty()) std::fprintf(stderr, "forkmill: %s\n", shown.c_str());
  return status;
}

int run(const CLI::App& app, const std::function<int()>& action) {
  try {
    return action();
  } catch (...) {
    const auto report = report_of(std::current_exception());
    const bool counts_jobs =
        is_map(app) && report.code != ExitCode::interrupted && report.code != ExitCode::output_closed;
    return print_error(report.text, counts_jobs ? kMapError : static_cast<int>(report.code));
  }
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {  // --help, --version
    std::ostringstream text;
    app.exit(error, text, text);
    return run(app, [&] { return print_stdout(text.str()); });
  }
  return print_error(usage_text(app, error), is_map(app) ? kMapError : static_cast<int>(ExitCode::usage));
}

// Removes the words after "--" from the command line of a command that runs them, because CLI11 would reorder them and
// split words in brackets. Returns them; null: there is no "--".
std::optional<std::vector<std::string>> split_tail(int& argc, char** argv) {
  int i = 1;
  for (; i < argc && argv[i][0] == '-'; ++i) {
    const std::string_view option = argv[i];
    constexpr auto kWithValue =
        std::to_array<std::string_view>({"--broker", "--connect-timeout", "--server-public-key", "--key"});
    if (std::ranges::find(kWithValue, option) != kWithValue.end()) ++i;
  }
  const std::string_view command = i < argc ? argv[i] : "";
  if (command != "dev" && command != "run") return std::nullopt;
  char** const end = argv + argc;
  char** const mark = std::find(argv + i, end, std::string_view{"--"});
  if (mark == end) return std::nullopt;
  argc = static_cast<int>(mark - argv);
  return std::vector<std::string>{mark + 1, end};
}

// The commands in the order of the help.
struct NamedCommand {
  std::string_view name;
  void (*add)(const Program&);
};
constexpr auto kCommands = std::to_array<NamedCommand>(
    {{"dev", add_dev},       {"map", add_map},       {"run", add_run},       {"submit", add_submit},
     {"wait", add_wait},     {"attach", add_attach}, {"status", add_status}, {"queue", add_queue},
     {"name", add_name},     {"worker", add_worker}, {"shard", add_shard},   {"why", add_why},
     {"ps", add_ps},         {"object", add_object}, {"task", add_task},     {"dead", add_dead},
     {"backup", add_backup}, {"keygen", add_keygen}, {"invite", add_invite}, {"login", add_login},
     {"ping", add_ping},     {"events", add_events}, {"top", add_top},       {"report", add_report},
     {"web", add_web}});

// Adds the command that `first`, the first argument, names. Adds all commands if it names none of kCommands, since
// help, completion and corrections of a name are about all. To add them all takes a third of the start of this program.
void add_commands(const Program& program, std::string_view first) {
  const auto* const named = std::ranges::find(kCommands, first, &NamedCommand::name);
  if (named != kCommands.end()) return named->add(program);
  for (const auto& command : kCommands) command.add(program);
  add_completion(program);
  add_help(program);
  add_version(program, kVersion);
}

// Becomes the program of the gateway, which is installed beside this one. Throws CommandError.
int become_web_program(char** argv) {
  const auto path = find_program("forkmill-web");
  ::execv(path.c_str(), argv);
  throw CommandError{ExitCode::cannot_execute, "cannot execute " + path + ": " + std::strerror(errno)};
}

}  // namespace

int run_program(int argc, char** argv, WebServer serve_web) {
  proto::open_standard_streams();
  ::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Run commands and tasks on a forkmill cluster, and operate the cluster.", "forkmill"};
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("-V,--version", kVersion, "Print the version and exit");
  app.require_subcommand(0, 1);
  const auto help = std::make_shared<HelpFormatter>();
  app.formatter(help);
  auto connection = default_connection();
  std::function<int()> action;
  add_connection_options(app, connection);
  const auto tail = split_tail(argc, argv);
  CommandWords map_words;
  const std::function<int(const WebOptions&)> serve = [&](const WebOptions& options) {
    return serve_web == nullptr ? become_web_program(argv) : serve_web(options);
  };
  const Program program{app, *help, connection, action, map_words, tail, serve};
  add_commands(program, argc > 1 ? argv[1] : "");
  app.footer(kProgramFooter);  // after the commands, which would inherit it
  try {
    std::vector<std::string> arguments{argv + 1, argv + argc};
    map_words = cut_map_words(app, arguments);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  }
  if (!action) {
    std::fputs(app.help().c_str(), stderr);
    return static_cast<int>(ExitCode::usage);
  }
  return run(app, action);
}

}  // namespace forkmill::cli
