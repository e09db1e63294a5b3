// forkmill status: the broker, its load and its unserved tasks.
#include "client/cli/commands/tasks.h"

namespace forkmill::cli {

namespace {

std::string show_status(const Json& body, const OutputOptions& output) { return render_status(body, output.format); }

}  // namespace

void add_status(const Program& program) {
  auto* command = program.app.add_subcommand("status", "Show the broker, its load, and tasks that no worker can run");
  command->footer("Examples:\n  forkmill status -w\n  forkmill status -o json | jq .tasks");
  add_view(program, *command, QueryKind::status, show_status);
}

}  // namespace forkmill::cli
