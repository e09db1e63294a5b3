// forkmill keygen: creates a key for a broker, a worker or a client.
#include <memory>
#include <string>

#include "client/cli/commands/command.h"
#include "client/cli/errors/command_error.h"
#include "proto/transport/keys/keys.h"

namespace forkmill::cli {

namespace {

constexpr const char* kKeygenFooter =
    R"HELP(Writes the secret key to FILE, with mode 0600, and the public key to FILE.pub, and prints the
public key. Existing files are never overwritten.

Examples:
  forkmill keygen broker.key        for --server-key of forkmill-broker
  forkmill keygen alice.key         for --key of workers and clients

The broker accepts a key that stands in its --authorized-keys file, one per line, such as
    alice client,admin 8c1d...
Workers and clients give their key with --key FILE, and the public key of the broker with
--server-public-key KEY. deploy/SECURITY.md explains how to connect two machines.)HELP";

int keygen(const std::string& path) {
  const auto pair = proto::make_key_pair();
  const auto status = proto::write_key_pair(path, pair);
  if (!status.ok()) throw CommandError{ExitCode::failed, status.failure().text};
  return print_stdout(to_string(pair.public_key) + "\n");
}

}  // namespace

void add_keygen(const Program& program) {
  auto* command = program.app.add_subcommand("keygen", "Create a key for a broker, a worker or a client");
  command->footer(kKeygenFooter);
  auto path = std::make_shared<std::string>("forkmill.key");
  command->add_option("file", *path, "File of the secret key [default: forkmill.key]")->option_text("FILE");
  command->callback([program, path] { program.action = [path] { return keygen(*path); }; });
}

}  // namespace forkmill::cli
