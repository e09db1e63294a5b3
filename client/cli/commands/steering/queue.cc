// forkmill queue ls, pause, resume, limit, purge: the queues of tasks.
#include <string_view>
#include <utility>

#include "client/cli/commands/change.h"
#include "client/cli/commands/steering/pause.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/os/confirm.h"
#include "client/cli/text/answers.h"
#include "client/cli/views/changes.h"
#include "proto/settings/quantities.h"

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

constexpr const char* kPauseQueueFooter =
    R"(No further task of the queue starts. Tasks are taken in, and those that run go on, as do the few that a worker
has received but not started: these start within 50 ms or come back. The pause lasts until `forkmill queue
resume`, also when the broker is restarted (a broker with --memory forgets it). A queue may be paused before
it has a task.

Examples:
  forkmill queue pause mail
  forkmill queue ls)";

constexpr const char* kLimitFooter =
    R"(The limits take the place of those that the broker was started with, until --reset, also when the broker is
restarted (a broker with --memory forgets them). Limits that are not given stay as they are. What the queue
holds beyond a lower limit stays; submissions wait, or are rejected with queue_full. --running counts what
workers have of the queue, also the few tasks that wait in a worker.

Examples:
  forkmill queue limit mail --running 20
  forkmill queue limit mail --length 100000 --bytes 2G
  forkmill queue limit mail --reset)";

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

// Leaves the tasks out of the count that the command does not cancel.
Json without_running(Json counted) {
  auto& states = counted["states"];
  counted["matched"] = number_of(counted, "matched") - number_of(states, "running");
  states.erase("running");
  return counted;
}

// "519 tasks of queue mail (19 scheduled, 500 ready)"
std::string selection_text(const PurgeCommand& options, const Json& counted) {
  Json ordered{{"matched", value_of(counted, "matched")}, {"states", Json::object()}};
  for (const char* state : {"scheduled", "ready", "running"})
    if (options.running || std::string_view{state} != "running")
      ordered["states"][state] = number_of(value_of(counted, "states"), state);
  return count_summary(ordered, " of queue " + options.queue);
}

int purge(const PurgeCommand& options, const ConnectionOptions& connection_options) {
  if (!options.dry_run) check_can_ask(options.yes);
  Connection connection{connection_options};
  check_queue(connection, options.queue);
  ChangeTasks order{.action = TaskAction::cancel, .running = options.running};
  order.filter.queue = options.queue;
  if (options.dry_run || !options.yes) {
    auto counted = count_tasks(connection, order);
    if (!options.running) counted = without_running(std::move(counted));
    const auto selection = selection_text(options, counted);
    if (options.dry_run) return print_stdout(selection + " would be cancelled\n");
    if (number_of(counted, "matched") > 0)
      confirm("Cancel " + selection + "? Type the name of the queue to confirm:", "nothing was cancelled",
              options.queue);
  }
  auto answer = change_tasks(connection, order);
  if (!options.running) answer["skipped"].erase("running");  // not meant, and therefore not worth a word
  return print_stdout(change_summary(answer, "cancelled") + "\n");
}

int limit(const LimitQueue& limits, const OutputOptions& output, const ConnectionOptions& connection_options) {
  const bool has_limit = limits.max_tasks > 0 || limits.max_bytes > 0 || limits.max_running > 0 || limits.log_bytes;
  if (!limits.reset && !has_limit) throw UsageError{"give --length, --bytes, --running, --log-bytes or --reset"};
  Connection connection{connection_options};
  return print_stdout(render_limits(connection.carry_out(limits), output.format));
}

void add_limit(const Program& program, CLI::App& group) {
  constexpr std::uint64_t kMaxCount = 1'000'000'000;
  auto* command =
      group.add_subcommand("limit", "Set limits of a queue, or reset them to the broker's configured values");
  auto limits = std::make_shared<LimitQueue>();
  auto output = std::make_shared<OutputOptions>();
  command->footer(kLimitFooter);
  command->add_option("queue", limits->queue, "Name of the queue")->required()->option_text("QUEUE");
  const auto add_count = [&](const char* name, std::uint64_t& value, const char* help) {
    command->add_option(name, value, help)->check(number_between(std::uint64_t{1}, kMaxCount))->type_name("N");
  };
  add_count("--length", limits->max_tasks,
            "Maximum tasks in the queue, with those whose results have not been fetched");
  add_size(*command, "--bytes", limits->max_bytes, "Maximum size of their arguments and results");
  add_count("--running", limits->max_running, "Maximum tasks of the queue held by workers at a time");
  command
      ->add_option_function<std::string>(
          "--log-bytes",
          [limits](const std::string& text) {
            const auto size = proto::parse_size(text);
            if (!size)
              throw CLI::ValidationError{"--log-bytes", std::string{"must be a size such as "} + proto::kSizeExamples};
            limits->log_bytes = *size;
          },
          "Maximum size of what an attempt prints and logs that is kept, up to 16M; 0: nothing")
      ->type_name("SIZE");
  command->add_flag("--reset", limits->reset, "First drop all limits that were set by this command");
  add_format_options(*command, *output);
  add_connection_options(*command, program.connection);
  command->callback([program, limits, output] {
    program.action = [program, limits, output] { return limit(*limits, *output, program.connection); };
  });
}

void add_purge(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("purge", "Cancel all tasks of a queue that have not started");
  auto options = std::make_shared<PurgeCommand>();
  command->footer(kPurgeFooter);
  command->add_option("queue", options->queue, "Name of the queue")->required()->option_text("QUEUE");
  command->add_flag("--running", options->running, "Also ask running tasks to stop");
  command->add_flag("--dry-run", options->dry_run, "Print how many tasks would be cancelled and exit");
  command->add_flag("-y,--yes", options->yes, "Do not ask for confirmation");
  add_connection_options(*command, program.connection);
  command->callback(
      [program, options] { program.action = [program, options] { return purge(*options, program.connection); }; });
}

}  // namespace

void add_queue(const Program& program) {
  auto* group = program.app.add_subcommand("queue", "List, pause, limit and purge queues")->require_subcommand(1);
  auto* list =
      group->add_subcommand("ls", "List queues with the numbers of their tasks and the age of the oldest ready task");
  list->alias("list")->footer(
      "Examples:\n  forkmill queue ls -w\n  forkmill queue ls -o jsonl | jq 'select(.ready > 100)'");
  add_view(program, *list, QueryKind::queues, [](const Json& body, const OutputOptions& output) {
    return queue_table(body).render(output.format, output.headers);
  });
  constexpr Pausable kQueues{"queue", "Names of queues", "QUEUE..."};
  add_pause<PauseQueue>(program, *group, kQueues, kPauseVerb, "Start no further tasks of queues")
      ->footer(kPauseQueueFooter);
  add_pause<ResumeQueue>(program, *group, kQueues, kResumeVerb, "Start tasks of paused queues again")
      ->footer("Example:\n  forkmill queue resume mail");
  add_limit(program, *group);
  add_purge(program, *group);
}

}  // namespace forkmill::cli
