// forkmill shard ls: the shards of a cluster, and who owns them.
#include "client/cli/commands/tasks.h"

namespace forkmill::cli {

void add_shard(const Program& program) {
  auto* group = program.app.add_subcommand("shard", "Show the shards of a cluster")->require_subcommand(1);
  group->footer("Example:\n  forkmill shard ls");
  auto* list = group->add_subcommand("ls", "List the shards, with the endpoints of their owners")->alias("list");
  list->footer("Example:\n  forkmill shard ls -w");
  add_view(program, *list, QueryKind::status, [](const Json& body, const OutputOptions& output) {
    return shard_table(body).render(output.format, output.headers);
  });
}

}  // namespace forkmill::cli
