// forkmill ps: lists the processes of the broker and the workers.
#include "client/cli/commands/tasks.h"
#include "client/cli/views/processes.h"

namespace forkmill::cli {

namespace {

std::string show(const Json& body, const OutputOptions& output, bool tree) {
  if (tree && for_people(output.format)) return process_tree(body, unix_now().count());
  return process_table(body, unix_now().count()).render(output.format, output.headers);
}

}  // namespace

void add_ps(const Program& program) {
  auto* command =
      program.app.add_subcommand("ps", "List the processes of the broker and the workers, and what they run");
  command->footer(
      "Workers report their processes about once per heartbeat interval.\n\n"
      "Examples:\n  forkmill ps -w\n  forkmill ps --tree\n  forkmill ps -o jsonl | jq 'select(.role == \"process\")'");
  auto output = std::make_shared<OutputOptions>();
  auto tree = std::make_shared<bool>(false);
  command->add_flag("--tree", *tree, "Show a tree of the broker, hosts, supervisors and their processes");
  add_output_options(*command, *output);
  add_connection_options(*command, program.connection);
  command->callback([program, output, tree] {
    program.action = [program, output, tree] {
      Connection connection{program.connection};
      return print_result(*output, [&] { return show(connection.ask(QueryKind::processes), *output, *tree); });
    };
  });
}

}  // namespace forkmill::cli
