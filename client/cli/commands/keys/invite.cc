// forkmill invite: makes a key for a worker or client and one file with all that it needs to connect.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "client/cli/commands/command.h"
#include "client/cli/errors/command_error.h"
#include "proto/transport/keys/authorized_keys.h"
#include "proto/transport/keys/invitation.h"

namespace forkmill::cli {

namespace {

constexpr const char* kInviteFooter =
    R"HELP(Run it on the machine of the broker. ROLES are some of client, worker and admin, with
commas between; RIGHTS are as in --authorized-keys (deploy/SECURITY.md). It makes a key, adds
its line to --authorized-keys, and writes the invitation: a file with the endpoint of the
broker, its public key and the new secret key. Send SIGHUP to the broker afterwards, and take
the file to the other machine over a channel that you trust.

Examples:
  forkmill invite mail-workers worker --broker tcp://192.0.2.1:7117
  forkmill invite alice client submit=mail.* --broker tcp://192.0.2.1:7117 --to a.invitation

Both need --server-key and --authorized-keys, here from the environment. On the other machine,
a worker takes the file by --join, and a user by `forkmill login`.)HELP";

struct InviteOptions {
  std::string principal;
  std::string roles;
  std::vector<std::string> rights;
  std::string server_key;
  std::string authorized_keys;
  std::string file;  // empty: PRINCIPAL.invitation
};

void require_ok(const proto::Status& status) {
  if (!status.ok()) throw CommandError{ExitCode::failed, status.failure().text};
}

int invite(const InviteOptions& options, const std::string& endpoint) {
  if (!endpoint.starts_with("tcp://"))
    throw UsageError{"an invitation is for TCP, and " + endpoint + " is not",
                     "give --broker tcp://HOST:PORT, by which other machines reach the broker"};
  const auto broker = proto::read_key_pair(options.server_key);
  if (!broker.ok()) throw CommandError{ExitCode::failed, "--server-key: " + broker.failure().text};
  const auto own = proto::make_key_pair();
  std::string line = options.principal + " " + options.roles + " " + to_string(own.public_key);
  for (const std::string& right : options.rights) line += " " + right;
  const std::string file = options.file.empty() ? options.principal + ".invitation" : options.file;
  require_ok(proto::write_invitation(file, {options.principal, endpoint, broker->public_key, own.secret_key}));
  const auto added = proto::add_authorized_key(options.authorized_keys, line);
  if (!added.ok()) std::remove(file.c_str());
  require_ok(added);
  return print_stdout(file + "\n");
}

}  // namespace

void add_invite(const Program& program) {
  auto* command = program.app.add_subcommand("invite", "Make a key for a worker or client, and a file to connect with");
  command->footer(kInviteFooter);
  auto options = std::make_shared<InviteOptions>();
  command->add_option("principal", options->principal, "Name of the worker or client")
      ->required()
      ->option_text("PRINCIPAL");
  command->add_option("roles", options->roles, "client, worker, admin, with commas between")
      ->required()
      ->option_text("ROLES");
  command->add_option("rights", options->rights, "Rights and quotas, such as submit=mail.* and max-queued=1000")
      ->option_text("RIGHTS...");
  command->add_option("--server-key", options->server_key, "File of the broker's secret key [env: FORKMILL_SERVER_KEY]")
      ->envname("FORKMILL_SERVER_KEY")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--authorized-keys", options->authorized_keys,
                   "File of the keys that the broker accepts [env: FORKMILL_AUTHORIZED_KEYS]")
      ->envname("FORKMILL_AUTHORIZED_KEYS")
      ->required()
      ->type_name("FILE");
  command->add_option("--to", options->file, "File of the invitation [default: PRINCIPAL.invitation]")
      ->type_name("FILE");
  add_connection_options(*command, program.connection);
  command->callback([program, options] {
    program.action = [options, &connection = program.connection] { return invite(*options, connection.broker); };
  });
}

}  // namespace forkmill::cli
