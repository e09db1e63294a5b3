// forkmill task move, reprioritise, changes: changes of tasks by ids or filters, and the list of changes.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "client/cli/commands/change.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/errors/report.h"
#include "client/cli/os/confirm.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"
#include "client/cli/views/changes.h"

namespace forkmill::cli {

namespace {

constexpr const char* kMoveFooter =
    R"(Filters select unfinished tasks; those that run stay where they are. With --state failed they select dead
letters, which are retried in the new queue later. The command asks for confirmation on a terminal, and
requires --yes elsewhere. A moved task waits behind those that are in the queue already; after a restart of
the broker all are in the order of their submission again.

Examples:
  forkmill task move --to slow 0190163d-8694-739b
  forkmill task move --to slow --queue mail --task mail.digest --dry-run

Exit status: 0 all were moved; 1 at least one was skipped; 4 there is no such task.)";

constexpr const char* kPriorityFooter =
    R"(Tasks of a higher priority start first. Filters select unfinished tasks; those that run keep their priority.
The command asks for confirmation on a terminal, and requires --yes elsewhere.

Examples:
  forkmill task reprioritise --priority 50 0190163d-8694-739b
  forkmill task reprioritise --priority -10 --queue mail --since 1h --yes

Exit status: 0 all were changed; 1 at least one was skipped; 4 there is no such task.)";

struct MoveCommand {
  ChangeTasks order{};
  const char* verb = "";  // the past tense
  std::vector<std::string> ids{};
  bool all = false;
  bool yes = false;
};

bool has_filter(const TaskFilter& filter) {
  return !filter.id.empty() || !filter.queue.empty() || !filter.name.empty() || !filter.state.empty() ||
         !filter.text.empty() || !filter.arguments.empty() || filter.since.count() > 0 || filter.until.count() > 0;
}

int status_of_change(const Json& answer) {
  return value_of(answer, "skipped").empty() ? 0 : static_cast<int>(ExitCode::failed);
}

// Changes one task, which may be a dead letter. Returns the exit status.
int change_one(Connection& connection, const MoveCommand& options, const std::string& id) {
  try {
    const auto task = connection.ask(QueryKind::task, id);
    ChangeTasks order = options.order;
    order.filter.id = text_of(task, "id");
    if (text_of(task, "state") == "failed") order.filter.state = "failed";
    const auto answer = change_tasks(connection, order);
    const auto skipped = value_of(answer, "skipped");
    print_stdout(id + "  " +
                 (skipped.empty() ? number_of(answer, "changed") > 0 ? options.verb : text_of(task, "state")
                                  : "not " + std::string{options.verb} + ": " + skipped.begin().key()) +
                 "\n");
    return number_of(answer, "changed") > 0 ? 0 : static_cast<int>(ExitCode::failed);
  } catch (...) {
    const auto report = report_of(std::current_exception());
    if (report.code == ExitCode::unreachable) throw;
    std::fprintf(stderr, "forkmill: %s: %s\n", id.c_str(), report.text.c_str());
    return static_cast<int>(report.code);
  }
}

int change_matching(Connection& connection, const MoveCommand& options) {
  if (options.order.dry_run || !options.yes) {
    const auto counted = count_tasks(connection, options.order);
    const auto summary = count_summary(counted, "");
    if (options.order.dry_run) return print_stdout(summary + " would be " + options.verb + "\n");
    if (number_of(counted, "matched") > 0)
      confirm("There are " + summary + " to be " + options.verb + ". Go on? [y/N]", "nothing was changed");
  }
  const auto answer = change_tasks(connection, options.order);
  if (number_of(answer, "matched") == 0)
    std::fputs("forkmill: there are no such tasks\n", stderr);
  else
    print_stdout(change_summary(answer, options.verb) + "\n");
  return status_of_change(answer);
}

int run(const MoveCommand& options, const ConnectionOptions& connection_options) {
  const bool matching = options.all || has_filter(options.order.filter);
  if (matching == !options.ids.empty()) throw UsageError{"give either ids, or filters, or --all"};
  if (!matching && options.order.dry_run) throw UsageError{"--dry-run needs filters or --all"};
  if (matching && !options.order.dry_run) check_can_ask(options.yes);
  Connection connection{connection_options};
  if (matching) return change_matching(connection, options);
  int status = 0;
  for (const auto& id : options.ids) status = std::max(status, change_one(connection, options, id));
  return status;
}

std::shared_ptr<MoveCommand> add(const Program& program, CLI::App& command) {
  auto options = std::make_shared<MoveCommand>();
  command.add_option("ids", options->ids, "Ids, or unambiguous prefixes of at least 8 characters")
      ->option_text("ID...");
  command.option_defaults()->group("Instead of ids");
  command.add_flag("--all", options->all, "Select all unfinished tasks");
  command
      .add_option("--state", options->order.filter.state,
                  "Only tasks in this state: scheduled, ready or failed (dead letters)")
      ->type_name("STATE");
  add_filter_options(command, options->order.filter);
  command.add_flag("--dry-run", options->order.dry_run, "Print how many tasks there are and exit");
  command.add_flag("-y,--yes", options->yes, "Do not ask for confirmation");
  command.option_defaults()->group("Options");
  add_connection_options(command, program.connection);
  command.callback(
      [program, options] { program.action = [program, options] { return run(*options, program.connection); }; });
  return options;
}

void add_move(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("move", "Put tasks into another queue");
  command->footer(kMoveFooter);
  const auto options = add(program, *command);
  options->verb = "moved";
  options->order.action = TaskAction::move;
  command->add_option("--to", options->order.queue, "The new queue")->required()->type_name("QUEUE");
}

void add_reprioritise(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("reprioritise", "Give tasks another priority")->alias("reprioritize");
  command->footer(kPriorityFooter);
  const auto options = add(program, *command);
  options->verb = "reprioritised";
  options->order.action = TaskAction::reprioritise;
  command->add_option("--priority", options->order.priority, "The new priority, -100 to 100")
      ->required()
      ->check(number_between(-100, 100))
      ->type_name("N");
}

void add_changes(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("changes", "List changes of many tasks: those under way, and the latest done");
  command->footer(
      "The broker remembers the latest 256, also when it is restarted (a broker with --memory forgets them).\n\n"
      "Examples:\n  forkmill task changes -w\n  forkmill task changes -o jsonl | jq .skipped");
  add_view(program, *command, QueryKind::changes, [](const Json& body, const OutputOptions& output) {
    return changes_table(body, unix_now().count()).render(output.format, output.headers);
  });
}

}  // namespace

void add_changes_of_many(const Program& program, CLI::App& group) {
  add_move(program, group);
  add_reprioritise(program, group);
  add_changes(program, group);
}

}  // namespace forkmill::cli
