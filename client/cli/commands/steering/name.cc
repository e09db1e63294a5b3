// forkmill name ls, pause, resume: pauses of task names, in all queues.
#include "client/cli/commands/steering/pause.h"
#include "client/cli/commands/tasks.h"

namespace forkmill::cli {

namespace {

constexpr const char* kPauseNameFooter =
    R"(No further task with this name starts, in any queue; tasks with other names pass them. Tasks are taken
in, and those that run go on. The pause lasts until `forkmill name resume`, also when the broker is restarted
(a broker with --memory forgets it).

Examples:
  forkmill name pause mail.send
  forkmill name ls)";

}  // namespace

void add_name(const Program& program) {
  auto* group = program.app.add_subcommand("name", "Pause tasks by their name")->require_subcommand(1);
  auto* list = group->add_subcommand("ls", "List the names of paused tasks")->alias("list");
  list->footer("Example:\n  forkmill name ls");
  add_view(program, *list, QueryKind::status, [](const Json& body, const OutputOptions& output) {
    return paused_names_table(body).render(output.format, output.headers);
  });
  const char* const names = "Names of tasks";
  add_pause<PauseName>(
      program, *group,
      {"pause", "Start no further tasks with these names", "task", names, "NAME...", "is paused", "was paused already"})
      ->footer(kPauseNameFooter);
  add_pause<ResumeName>(
      program, *group,
      {"resume", "Start tasks with these names again", "task", names, "NAME...", "is resumed", "was not paused"})
      ->footer("Example:\n  forkmill name resume mail.send");
}

}  // namespace forkmill::cli
