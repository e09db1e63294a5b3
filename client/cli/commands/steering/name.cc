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
  constexpr Pausable kNames{"task", "Names of tasks", "NAME..."};
  add_pause<PauseName>(program, *group, kNames, kPauseVerb, "Start no further tasks with these names")
      ->footer(kPauseNameFooter);
  add_pause<ResumeName>(program, *group, kNames, kResumeVerb, "Start tasks with these names again")
      ->footer("Example:\n  forkmill name resume mail.send");
}

}  // namespace forkmill::cli
