// forkmill queue ls, purge: the queues of tasks.
#include <algorithm>

#include "client/cli/commands/cancel.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/os/confirm.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

constexpr const char* kPurgeFooter =
    R"(The tasks are cancelled and never start; waits for their results end with the error cancelled. Tasks
that are submitted meanwhile stay. The command asks for the name of the queue on a terminal, and requires
--yes elsewhere.

Examples:
  forkmill queue purge mail --dry-run
  forkmill queue purge mail --yes

Exit status: 0 the queue has none of these tasks any more; 4 there is no such queue.)";

struct PurgeCommand {
  std::string queue;
  bool running = false;
  bool dry_run = false;
  bool yes = false;
};

void check_queue(Connection& connection, const std::string& name) {
  for (const auto& row : value_of(connection.ask(QueryKind::queues), "queues")) {
    if (text_of(row, "name") == name) return;
  }
  throw CommandError{ExitCode::not_found, "there is no queue " + name, "see those that there are: forkmill queue ls"};
}

// "519 tasks of queue mail (19 scheduled, 500 ready)"
std::string selection_text(const PurgeCommand& options, const std::vector<Json>& rows,
                           const std::vector<std::string>& states) {
  std::string parts;
  for (const auto& state : states) {
    const auto count =
        std::count_if(rows.begin(), rows.end(), [&](const Json& row) { return text_of(row, "state") == state; });
    parts += (parts.empty() ? "" : ", ") + std::to_string(count) + " " + state;
  }
  return format_count(rows.size(), "task") + " of queue " + options.queue + " (" + parts + ")";
}

int purge(const PurgeCommand& options, const ConnectionOptions& connection_options) {
  if (!options.dry_run) check_can_ask(options.yes);
  Connection connection{connection_options};
  check_queue(connection, options.queue);
  TaskFilter filter;
  filter.queue = options.queue;
  const auto& states = options.running ? kUnfinishedStates : kWaitingStates;
  const auto rows = tasks_in(connection, filter, states);
  const auto selection = selection_text(options, rows, states);
  if (options.dry_run) return print_stdout(selection + " would be cancelled\n");
  if (!options.yes && !rows.empty())
    confirm("Cancel " + selection + "? Type the name of the queue to confirm:", "nothing was cancelled", options.queue);
  std::size_t cancelled = 0;
  std::size_t requested = 0;
  cancel_rows(connection, rows, [&](const std::string&, CancelState state) {
    cancelled += state == CancelState::cancelled ? 1U : 0U;
    requested += state == CancelState::requested ? 1U : 0U;
  });
  return print_stdout(format_count(cancelled, "task") + " cancelled" +
                      (requested == 0 ? "" : ", " + std::to_string(requested) + " running and requested to stop") +
                      "\n");
}

void add_purge(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("purge", "Cancel all tasks of a queue that have not started");
  auto options = std::make_shared<PurgeCommand>();
  command->footer(kPurgeFooter);
  command->add_option("queue", options->queue, "Name of the queue")->required()->option_text("QUEUE");
  command->add_flag("--running", options->running, "Also request running tasks to stop");
  command->add_flag("--dry-run", options->dry_run, "Print how many tasks would be cancelled and exit");
  command->add_flag("-y,--yes", options->yes, "Do not ask for confirmation");
  add_connection_options(*command, program.connection);
  command->callback(
      [program, options] { program.action = [program, options] { return purge(*options, program.connection); }; });
}

}  // namespace

void add_queue(const Program& program) {
  auto* group = program.app.add_subcommand("queue", "List and purge queues")->require_subcommand(1);
  auto* list =
      group->add_subcommand("ls", "List queues with the numbers of their tasks and the age of the oldest ready task");
  list->alias("list")->footer(
      "Examples:\n  forkmill queue ls -w\n  forkmill queue ls -o jsonl | jq 'select(.ready > 100)'");
  add_view(program, *list, QueryKind::queues, [](const Json& body, const OutputOptions& output) {
    return queue_table(body).render(output.format, output.headers);
  });
  add_purge(program, *group);
}

}  // namespace forkmill::cli
