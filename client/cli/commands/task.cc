// forkmill task ls, get, wait, cancel: tasks by filters and by id.
#include <cstdio>

#include "client/cli/commands/await.h"
#include "client/cli/commands/connection.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace {

constexpr const char* kListFooter = R"(Examples:
  forkmill task ls --state running
  forkmill task ls --since 1h --task mail.send -o jsonl | jq .id
  forkmill task ls --id 0190163d -o wide             show whole ids; every command also accepts short ones

Tasks that have ended are listed as long as the broker keeps their results.)";

// Returns the whole id for a prefix of it. Throws forkmill::Error{task_unknown}.
TaskId resolve(Connection& connection, const std::string& text) {
  if (const auto id = TaskId::parse(text)) return *id;
  const auto id = TaskId::parse(connection.ask(QueryKind::task, text).value("id", ""));
  if (!id) throw CommandError{ExitCode::not_found, "there is no task " + text};
  return *id;
}

int get(Connection& connection, const std::string& id, Format format) {
  return print_stdout(render_task(ask_task(connection, id), format));
}

const char* cancel_text(CancelState state) {
  switch (state) {
    case CancelState::cancelled:
      return "cancelled";
    case CancelState::requested:
      return "running, requested to stop";
    case CancelState::finished:
      return "already finished";
    case CancelState::started:
      return "running";
    case CancelState::unknown:
      break;
  }
  return "unknown";
}

// Cancels all tasks, even if some cannot be cancelled. Returns the highest exit status of all.
int cancel(Connection& connection, const std::vector<std::string>& ids, std::chrono::milliseconds timeout) {
  int status = 0;
  for (const auto& text : ids) {
    const auto state = connection.client().cancel(resolve(connection, text)).get_for(timeout);
    std::printf("%s  %s\n", text.c_str(), cancel_text(state));
    if (state == CancelState::finished) status = std::max(status, static_cast<int>(ExitCode::failed));
    if (state == CancelState::unknown) status = std::max(status, static_cast<int>(ExitCode::not_found));
  }
  return status;
}

void add_get(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("get", "Show the state, attempts, worker and error of a task");
  auto id = std::make_shared<std::string>();
  auto output = std::make_shared<OutputOptions>();
  command->add_option("id", *id, "Id, or an unambiguous prefix of at least 8 characters")
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
  auto* command = group.add_subcommand("wait", "Wait for a task and print its result as JSON");
  auto id = std::make_shared<std::string>();
  auto limit = std::make_shared<std::chrono::milliseconds>(0);
  command->add_option("id", *id, "Id, or an unambiguous prefix of at least 8 characters")
      ->required()
      ->option_text("ID");
  command->footer(
      "Example:\n  forkmill task wait --timeout 5m 0190163d-8694-739b\n\n"
      "Exit status: that of `forkmill submit`; 4 there is no such task; 5 --timeout has passed.");
  add_duration(*command, "--timeout", *limit, "Stop waiting after this time [default: none]");
  add_connection_options(*command, program.connection);
  command->callback([program, id, limit] {
    program.action = [program, id, limit] {
      Connection connection{program.connection};
      return print_when_done(connection.client().attach<RawResult>(resolve(connection, *id)), *limit);
    };
  });
}

void add_cancel(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("cancel", "Cancel tasks; running ones are requested to stop");
  auto ids = std::make_shared<std::vector<std::string>>();
  command->footer(
      "Example:\n  forkmill task cancel 0190163d-8694-739b\n\n"
      "Exit status: 0 all were cancelled or requested to stop; 1 at least one had finished; 4 at least one is\n"
      "unknown.");
  command->add_option("ids", *ids, "Ids, or unambiguous prefixes of at least 8 characters")
      ->required()
      ->option_text("ID...");
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
  auto* group = program.app.add_subcommand("task", "List, show, await and cancel tasks")->require_subcommand(1);
  add_list(program, *group, "List tasks, newest first", kListFooter, {});
  add_get(program, *group);
  add_wait(program, *group);
  add_cancel(program, *group);
}

}  // namespace forkmill::cli
