// forkmill backup: a copy of everything that the broker keeps, while it goes on.
#include <unistd.h>

#include <filesystem>

#include "client/cli/commands/connection.h"
#include "client/cli/commands/views.h"
#include "client/cli/os/write_all.h"

namespace forkmill::cli {

namespace {

constexpr const char* kBackupFooter =
    R"(The broker writes the file, on its own machine and as its own user; tasks go on meanwhile. A FILE that
is not absolute is one of the folder that this command runs in. What exists is never overwritten. This
returns when the copy is complete and safe on disk, however long that takes.

To go back to it, with no broker running on the new directory:
  forkmill-broker --restore FILE --data NEW_DIRECTORY
  forkmill-broker --data NEW_DIRECTORY)";

}  // namespace

void add_backup(const Program& program) {
  auto* command = program.app.add_subcommand("backup", "Copy the broker's tasks to a file on the broker's machine");
  auto file = std::make_shared<std::string>();
  auto output = std::make_shared<OutputOptions>();
  command->footer(kBackupFooter);
  command->add_option("file", *file, "The file to write, on the broker's machine")->required()->option_text("FILE");
  add_format_options(*command, *output);
  add_connection_options(*command, program.connection);
  command->callback([program, file, output] {
    program.action = [program, file, output] {
      const auto path = std::filesystem::absolute(*file).lexically_normal();
      Connection connection{program.connection};
      const auto body = connection.ask_patiently({.kind = QueryKind::backup, .argument = path.string(), .filter = {}});
      (void)write_all(STDOUT_FILENO, render_backup(body, output->format), "standard output");
      return 0;
    };
  });
}

}  // namespace forkmill::cli
