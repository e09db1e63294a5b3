// forkmill status, worker ls: views of a single answer of the broker.
#include "client/cli/commands/tasks.h"

namespace forkmill::cli {

namespace {

std::string show_status(const Json& body, const OutputOptions& output) { return render_status(body, output.format); }
std::string show_workers(const Json& body, const OutputOptions& output) {
  return worker_table(body, unix_now().count()).render(output.format, output.headers);
}

}  // namespace

void add_status(const Program& program) {
  auto* command = program.app.add_subcommand("status", "Show the broker, its load, and tasks that no worker can run");
  command->footer("Examples:\n  forkmill status -w\n  forkmill status -o json | jq .tasks");
  add_view(program, *command, QueryKind::status, show_status);
}

void add_worker(const Program& program) {
  auto* group = program.app.add_subcommand("worker", "List workers")->require_subcommand(1);
  auto* list = group->add_subcommand("ls", "List workers, where they run and what they do");
  list->alias("list")->footer("Examples:\n  forkmill worker ls -o wide\n  forkmill worker ls --no-headers | wc -l");
  add_view(program, *list, QueryKind::workers, show_workers);
}

}  // namespace forkmill::cli
