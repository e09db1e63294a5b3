// forkmill task ls, get, wait, cancel: tasks by filters and by id. Others stand in move.cc and dead.cc.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "client/cli/commands/await.h"
#include "client/cli/commands/cancel.h"
#include "client/cli/commands/change.h"
#include "client/cli/commands/connection.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/errors/report.h"
#include "client/cli/os/confirm.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

constexpr const char* kTaskListFooter = R"(Examples:
  forkmill task ls --state running
  forkmill task ls --since 1h --task mail.send -o jsonl | jq .id
  forkmill task ls --id 0190163d -o wide             show whole ids; every command also accepts short ones
  forkmill task ls --finished --since 1d --error timeout

Tasks that have ended are listed as long as the broker keeps their results, and with --finished as long as
its history has them.)";

constexpr const char* kCancelFooter =
    R"(Filters select unfinished tasks: those that match all of them. The command asks for confirmation on a
terminal then, and requires --yes elsewhere.

Examples:
  forkmill task cancel 0190163d-8694-739b
  forkmill task cancel --queue mail --state ready --dry-run
  forkmill task cancel --task mail.send --since 1h --yes

Exit status: 0 all were cancelled or requested to stop; 1 at least one had finished; 4 at least one is
unknown.)";

// Returns the whole id for a prefix of it. Throws forkmill::Error{task_unknown}.
TaskId resolve(Connection& connection, const std::string& text) {
  if (const auto id = TaskId::parse(text)) return *id;
  const auto id = TaskId::parse(connection.ask(QueryKind::task, text).value("id", ""));
  if (!id) throw CommandError{ExitCode::not_found, "there is no task " + text};
  return *id;
}

int get(Connection& connection, const std::string& id, Format format) {
  return print_stdout(render_task(ask_task(connection, id), format, unix_now().count()));
}

// Cancels one task. Returns its line of the output and the exit status.
std::pair<std::string, ExitCode> cancel(Connection& connection, const std::string& text) {
  try {
    const auto state = connection.answer(connection.client().cancel(resolve(connection, text)));
    return {text + "  " + cancel_text(state), state == CancelState::finished  ? ExitCode::failed
                                              : state == CancelState::unknown ? ExitCode::not_found
                                                                              : ExitCode::ok};
  } catch (...) {
    const auto report = report_of(std::current_exception());
    if (report.code == ExitCode::unreachable) throw;
    if (report.code == ExitCode::not_found) return {text + "  " + cancel_text(CancelState::unknown), report.code};
    std::fprintf(stderr, "forkmill: %s: %s\n", text.c_str(), report.text.c_str());
    return {"", report.code};
  }
}

struct CancelCommand {
  std::vector<std::string> ids;
  bool all = false;
  TaskFilter filter;
  bool dry_run = false;
  bool yes = false;
  OutputOptions output;
};

// Cancels all tasks, even if some cannot be cancelled, and then prints what has happened. Returns the highest exit
// status of all.
int cancel_ids(Connection& connection, const std::vector<std::string>& ids) {
  auto status = ExitCode::ok;
  std::string lines;
  try {
    for (const auto& id : ids) {
      const auto [line, code] = cancel(connection, id);
      if (!line.empty()) lines += line + "\n";
      status = std::max(status, code);
    }
  } catch (const CommandError&) {
    print_stdout(lines);
    throw;
  }
  print_stdout(lines);
  return static_cast<int>(status);
}

// Lists the unfinished tasks that match the filter.
int list_matching(Connection& connection, const CancelCommand& options) {
  const auto& state = options.filter.state;
  const auto rows =
      tasks_in(connection, options.filter, state.empty() ? kUnfinishedStates : std::vector<std::string>{state});
  return print_stdout(render_tasks(rows, options.output.format, options.output.headers, unix_now().count()));
}

// Cancels the unfinished tasks that match the filter.
int cancel_matching(Connection& connection, const CancelCommand& options) {
  if (options.dry_run) return list_matching(connection, options);
  const ChangeTasks order{.action = TaskAction::cancel, .filter = options.filter, .running = true};
  if (!options.yes) {
    const auto count = static_cast<std::uint64_t>(number_of(count_tasks(connection, order), "matched"));
    if (count > 0) confirm("Cancel " + format_count(count, "task") + "? [y/N]", "nothing was cancelled");
  }
  print_changed(change_tasks(connection, order), "tasks", "cancelled", [](const Json& row) {
    return text_of(row, "id") + "  " +
           cancel_text(is_true(row, "requested") ? CancelState::requested : CancelState::cancelled);
  });
  return 0;
}

bool has_filter(const TaskFilter& filter) {
  return !filter.id.empty() || !filter.queue.empty() || !filter.name.empty() || !filter.state.empty() ||
         filter.since.count() > 0 || filter.until.count() > 0;
}

void check_selection(const CancelCommand& options) {
  const bool matching = options.all || has_filter(options.filter);
  if (matching == !options.ids.empty()) throw UsageError{"give either ids, or filters, or --all"};
  const auto& state = options.filter.state;
  const auto& known = kUnfinishedStates;
  if (!state.empty() && std::find(known.begin(), known.end(), state) == known.end())
    throw UsageError{"--state " + state + ": only tasks that are scheduled, ready or running can be cancelled"};
  if (!matching && options.dry_run) throw UsageError{"--dry-run needs filters or --all"};
  if (matching && !options.dry_run) check_can_ask(options.yes);
}

void add_get(const Program& program, CLI::App& group) {
  auto* command =
      group
          .add_subcommand("get",
                          "Show the state, command, attempts, worker and error of a task; with -o json, its result")
          ->alias("show");
  command->footer("Example:\n  forkmill task get 0190163d-8694-739b");
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

void add_wait_one(const Program& program, CLI::App& group) {
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
      TaskWait wait{program.connection};
      auto& connection = wait.connection();
      return print_when_done(wait, connection.client().attach<RawResult>(resolve(connection, *id)), *limit);
    };
  });
}

void add_cancel(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("cancel", "Cancel tasks; running ones are asked to stop");
  auto options = std::make_shared<CancelCommand>();
  command->footer(kCancelFooter);
  command->add_option("ids", options->ids, "Ids, or unambiguous prefixes of at least 8 characters")
      ->option_text("ID...");
  command->option_defaults()->group("Instead of ids");
  command->add_flag("--all", options->all, "Select all unfinished tasks");
  command->add_option("--state", options->filter.state, "Only tasks in this state: scheduled, ready or running")
      ->type_name("STATE");
  for (auto* option : add_filter_options(*command, options->filter)) {
    if (option->check_lname("error")) command->remove_option(option);
  }
  command->add_flag("--dry-run", options->dry_run, "List the selected tasks and exit");
  command->add_flag("-y,--yes", options->yes, "Do not ask for confirmation");
  command->option_defaults()->group("Options");
  add_format_options(*command, options->output);
  add_connection_options(*command, program.connection);
  command->callback([program, options] {
    program.action = [program, options] {
      check_selection(*options);
      Connection connection{program.connection};
      return options->ids.empty() ? cancel_matching(connection, *options) : cancel_ids(connection, options->ids);
    };
  });
}

}  // namespace

void add_task(const Program& program) {
  auto* group =
      program.app.add_subcommand("task", "List, show, await, cancel, retry and move tasks")->require_subcommand(1);
  add_list(program, *group, "List tasks, newest first", kTaskListFooter, {});
  add_get(program, *group);
  add_logs(program, *group);
  add_wait_one(program, *group);
  add_cancel(program, *group);
  add_dead_letter_actions(program, *group);
  add_changes_of_many(program, *group);
}

}  // namespace forkmill::cli
