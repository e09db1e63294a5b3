// forkmill top: the cluster at a glance, live, in the terminal.
#include <chrono>
#include <memory>

#include "client/cli/commands/command.h"
#include "client/cli/commands/top/loop.h"

namespace forkmill::cli {

namespace {

constexpr const char* kTopFooter =
    R"(Shows queues, the tasks of a queue, one task with its attempts, and workers; asks the broker again after each
--interval. A broker that is restarted is waited for. A terminal needs 20 columns and 5 lines.

Keys:
  j k, arrows, g G, PgUp PgDn    select a row
  Enter, l                       open: queue, then task
  h, Esc                         back
  1 2 3                          queues, tasks of all queues, workers
  Tab                            workers, and back to queues
  / s S                          show rows with a text; sort by the next column; reversed
  x d                            cancel the selected task; drain the selected worker (both ask first)
  r ? q                          ask the broker now; help; quit

Example:
  forkmill top --interval 500ms)";

}  // namespace

void add_top(const Program& program) {
  auto* command = program.app.add_subcommand("top", "Show queues, tasks and workers live in the terminal");
  command->footer(kTopFooter);
  auto interval = std::make_shared<std::chrono::milliseconds>(1000);
  add_duration(*command, "--interval", *interval,
               "Time between two queries of the broker; shorter than 100ms counts as 100ms [default: 1s]");
  add_connection_options(*command, program.connection);
  command->callback(
      [program, interval] { program.action = [program, interval] { return run_top(program.connection, *interval); }; });
}

}  // namespace forkmill::cli
