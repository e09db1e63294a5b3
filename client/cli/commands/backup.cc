// forkmill backup: copies the store of a running broker.
#include <filesystem>

#include "client/cli/commands/connection.h"
#include "client/cli/views/cluster.h"

namespace forkmill::cli {

namespace {

constexpr const char* kBackupFooter =
    R"(The broker writes FILE on its own machine, as its own user, while tasks continue. A relative FILE is
below the current directory of this command. An existing file is never overwritten. The command returns
when the copy is complete and on disk, however long that takes. It has the keys of those that were
invited (forkmill invite), and not the files of --server-key and --authorized-keys.

Example:
  forkmill backup /var/backups/forkmill-$(date +%F)

To restore the backup into a new data directory and use it:
  forkmill-broker --restore FILE --data NEW_DIRECTORY
  forkmill-broker --data NEW_DIRECTORY)";

}  // namespace

void add_backup(const Program& program) {
  auto* command = program.app.add_subcommand("backup", "Back up the store of the broker to a file on its machine");
  auto file = std::make_shared<std::string>();
  auto output = std::make_shared<OutputOptions>();
  command->footer(kBackupFooter);
  command->add_option("file", *file, "File to write on the machine of the broker")->required()->option_text("FILE");
  add_format_options(*command, *output);
  add_connection_options(*command, program.connection);
  command->callback([program, file, output] {
    program.action = [program, file, output] {
      const auto path = std::filesystem::absolute(*file).lexically_normal();
      Connection connection{program.connection};
      const auto body = connection.carry_out_without_timeout(WriteBackup{path.string()});
      return print_stdout(render_backup(body, output->format));
    };
  });
}

}  // namespace forkmill::cli
