// forkmill status, queue ls, worker ls: views of a single answer of the broker.
#include "client/cli/commands/tasks.h"

namespace forkmill::cli {

namespace {

using View = std::string (*)(const Json& body, const OutputOptions& output);

std::string show_status(const Json& body, const OutputOptions& output) { return render_status(body, output.format); }
std::string show_queues(const Json& body, const OutputOptions& output) {
  return queue_table(body).render(output.format, output.headers);
}
std::string show_workers(const Json& body, const OutputOptions& output) {
  return worker_table(body, unix_now().count()).render(output.format, output.headers);
}

void add_view(const Program& program, CLI::App& command, QueryKind kind, View view) {
  auto output = std::make_shared<OutputOptions>();
  add_output_options(command, *output);
  add_connection_options(command, program.connection);
  command.callback([program, output, kind, view] {
    program.action = [program, output, kind, view] {
      Connection connection{program.connection};
      return print_result(*output, [&] { return view(connection.ask(kind), *output); });
    };
  });
}

}  // namespace

void add_status(const Program& program) {
  auto* command = program.app.add_subcommand("status", "Show the broker, its load, and tasks that no worker can run");
  command->footer("Examples:\n  forkmill status -w\n  forkmill status -o json | jq .tasks");
  add_view(program, *command, QueryKind::status, show_status);
}

void add_queue(const Program& program) {
  auto* group = program.app.add_subcommand("queue", "List queues")->require_subcommand(1);
  auto* list =
      group->add_subcommand("ls", "List queues with the numbers of their tasks and the age of the oldest ready task");
  list->footer("Examples:\n  forkmill queue ls -w\n  forkmill queue ls -o jsonl | jq 'select(.ready > 100)'");
  add_view(program, *list, QueryKind::queues, show_queues);
}

void add_worker(const Program& program) {
  auto* group = program.app.add_subcommand("worker", "List workers")->require_subcommand(1);
  auto* list = group->add_subcommand("ls", "List workers, where they run and what they do");
  list->footer("Examples:\n  forkmill worker ls -o wide\n  forkmill worker ls --no-headers | wc -l");
  add_view(program, *list, QueryKind::workers, show_workers);
}

}  // namespace forkmill::cli
