// forkmill task ls: those there are; task get, wait, cancel: one by its id.
#include <unistd.h>

#include <cstdio>

#include "client/cli/command_error.h"
#include "client/cli/commands/await.h"
#include "client/cli/commands/connection.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/os/write_all.h"

namespace forkmill::cli {

namespace {

constexpr const char* kListFooter = R"(Examples:
  forkmill task ls --state running
  forkmill task ls --since 1h --task mail.send -o jsonl | jq .id
  forkmill task ls --id 0190163d -o wide             whole ids; the short ones are good for every command

A task that has ended is listed for as long as the broker keeps its result.)";

// The whole id for a beginning of it. Throws forkmill::Error{task_unknown}.
TaskId resolve(Connection& connection, const std::string& text) {
  if (const auto id = TaskId::parse(text)) return *id;
  const auto id = TaskId::parse(connection.ask(QueryKind::task, text).value("id", ""));
  if (!id) throw CommandError{ExitCode::not_found, "the broker gave no id for " + text};
  return *id;
}

int get(Connection& connection, const std::string& id, Format format) {
  const auto text = render_task(ask_task(connection, id), format);
  (void)write_all(STDOUT_FILENO, text, "standard output");
  return 0;
}

const char* what_became_of(CancelState state) {
  switch (state) {
    case CancelState::cancelled:
      return "cancelled";
    case CancelState::requested:
      return "running, asked to stop";
    case CancelState::finished:
      return "already finished";
    case CancelState::unknown:
      break;
  }
  return "unknown";
}

// All of them are tried; the status is that of the worst.
int cancel(Connection& connection, const std::vector<std::string>& ids, std::chrono::milliseconds patience) {
  int status = 0;
  for (const auto& text : ids) {
    const auto state = connection.client().cancel(resolve(connection, text)).get_for(patience);
    std::printf("%s  %s\n", text.c_str(), what_became_of(state));
    if (state == CancelState::finished) status = std::max(status, static_cast<int>(ExitCode::failed));
    if (state == CancelState::unknown) status = std::max(status, static_cast<int>(ExitCode::not_found));
  }
  return status;
}

void add_get(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("get", "State, attempts, worker and error of a task");
  auto id = std::make_shared<std::string>();
  auto output = std::make_shared<OutputOptions>();
  command->add_option("id", *id, "Its id, or an unambiguous beginning of at least 8 characters")
      ->required()
      ->option_text("ID");
  add_format_options(*command, *output);
  add_connection_options(*command, program.connection);
  command->callback([program, id, output] {
    program.action = [program, id, output] {
      Connection connection{program.connection};
      return get(connection, *id, output->format);
    };
  });
}

void add_wait(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("wait", "Wait for a task and print its result in JSON");
  auto id = std::make_shared<std::string>();
  auto limit = std::make_shared<std::chrono::milliseconds>(0);
  command->add_option("id", *id, "Its id, or an unambiguous beginning of at least 8 characters")
      ->required()
      ->option_text("ID");
  add_duration(*command, "--timeout", *limit, "Wait no longer than this; exit status 5 then. Default: until it ends");
  add_connection_options(*command, program.connection);
  command->callback([program, id, limit] {
    program.action = [program, id, limit] {
      Connection connection{program.connection};
      return print_when_done(connection.client().attach<RawResult>(resolve(connection, *id)), *limit);
    };
  });
}

void add_cancel(const Program& program, CLI::App& group) {
  auto* command =
      group.add_subcommand("cancel", "Cancel tasks: those that wait at once, those that run are asked to stop");
  auto ids = std::make_shared<std::vector<std::string>>();
  command->footer("Exit status: 0 all are cancelled or asked to stop; 1 one had finished; 4 one is unknown.");
  command->add_option("ids", *ids, "Their ids, or unambiguous beginnings")->required()->option_text("ID…");
  add_connection_options(*command, program.connection);
  command->callback([program, ids] {
    program.action = [program, ids] {
      Connection connection{program.connection};
      return cancel(connection, *ids, program.connection.connect_timeout);
    };
  });
}

}  // namespace

void add_task(const Program& program) {
  auto* group = program.app.add_subcommand("task", "Tasks: all there are, and one by its id")->require_subcommand(1);
  add_list(program, *group, "List tasks, newest first: what waits, runs and has ended", kListFooter, {});
  add_get(program, *group);
  add_wait(program, *group);
  add_cancel(program, *group);
}

}  // namespace forkmill::cli
