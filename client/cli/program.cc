#include "client/cli/program.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include "client/cli/command_error.h"
#include "client/cli/commands/command.h"
#include "client/cli/text/report.h"
#include "proto/limits.h"

namespace forkmill::cli {

namespace {

constexpr int kMapError = 255;  // of `map`, where smaller numbers count failures

constexpr const char* kProgramFooter = R"(Start here:
  forkmill dev                             a broker and workers on this machine, until Ctrl-C
  forkmill map 'gzip -k {}' ::: *.log      run commands on the workers, in another terminal

Exit status: 0 done; 1 it failed; 2 wrong usage; 3 no broker; 4 not found; 5 timed out;
130 interrupted. `forkmill map` counts failed jobs instead, see forkmill map --help.)";

bool is_map(const CLI::App& app) { return app.got_subcommand("map"); }

int complain(const std::string& text, int status) {
  std::fprintf(stderr, "forkmill: %s\n", text.c_str());
  return status;
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  std::string help = "forkmill";
  for (const auto* command = &app; command != nullptr;) {
    const auto chosen = command->get_subcommands();
    command = chosen.empty() ? nullptr : chosen.front();
    if (command != nullptr) help += " " + command->get_name();
  }
  return complain(std::string{error.what()} + "\n  fix: see " + help + " --help",
                  is_map(app) ? kMapError : static_cast<int>(ExitCode::usage));
}

int run(CLI::App& app, const std::function<int()>& action) {
  try {
    return action();
  } catch (...) {
    const auto report = report_of(std::current_exception());
    return complain(report.text, is_map(app) ? kMapError : static_cast<int>(report.code));
  }
}

}  // namespace

int run_program(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"forkmill: a distributed task queue", "forkmill"};
  app.footer(kProgramFooter);
  app.set_version_flag("--version", "forkmill " FORKMILL_VERSION);
  app.require_subcommand(0, 1);
  const auto help = std::make_shared<HelpFormatter>();
  help->column_width(32);
  app.formatter(help);
  auto connection = default_connection();
  std::function<int()> action;
  add_connection_options(app, connection);
  const Program program{app, *help, connection, action};
  add_dev(program);
  add_map(program);
  add_submit(program);
  add_status(program);
  add_queue(program);
  add_worker(program);
  add_ps(program);
  add_object(program);
  add_task(program);
  add_dead(program);
  add_backup(program);
  add_ping(program);
  add_completion(program);
  try {
    app.parse(argc, argv);
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
