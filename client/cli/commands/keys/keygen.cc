// forkmill keygen: creates a key for a broker, a worker or a client, and makes and rotates seal keys.
#include <memory>
#include <string>

#include "client/cli/commands/command.h"
#include "client/cli/errors/command_error.h"
#include "proto/transport/keys/key_files.h"
#include "proto/transport/keys/seal_file.h"

namespace forkmill::cli {

namespace {

constexpr const char* kKeygenFooter =
    R"HELP(Writes the secret key to FILE, with mode 0600, and the public key to FILE.pub, and prints the
public key. Existing files are never overwritten.

With --seal, FILE has seal keys, with which clients and workers hide arguments and results from
the broker (deploy/SECURITY.md, Sealed payloads). The id of the key is printed.

Examples:
  forkmill keygen broker.key        for --server-key of forkmill-broker
  forkmill keygen alice.key         for --key of workers and clients
  forkmill keygen --seal --queues 'pay.*' pay.seal       for --seal-keys of clients and workers
  forkmill keygen --seal --queues 'pay.*' --add pay.seal            a further key, which only opens
  forkmill keygen --seal --first 1f2e3d4c5b6a7988 pay.seal          from now on, this one seals
  forkmill keygen --seal --drop 0a1b2c3d4e5f6071 pay.seal           remove the former key

The broker accepts a key that stands in its --authorized-keys file, one per line, such as
    alice client,admin 8c1d...
Workers and clients give their key with --key FILE, and the public key of the broker with
--server-public-key KEY. deploy/SECURITY.md explains how to connect two machines.)HELP";

struct KeygenOptions {
  std::string path;
  bool seal = false;
  std::string queues;
  bool add = false;
  std::string first;  // id of a key
  std::string drop;   // id of a key
};

int make_key_files(const std::string& path) {
  const auto pair = proto::make_key_pair();
  const auto status = proto::write_key_pair(path, pair);
  if (!status.ok()) throw CommandError{ExitCode::failed, status.failure().text};
  return print_stdout(to_string(pair.public_key) + "\n");
}

proto::Result<std::string> change_seal_keys(const KeygenOptions& options) {
  if (!options.first.empty()) return proto::put_seal_key_first(options.path, options.first);
  if (!options.drop.empty()) return proto::drop_seal_key(options.path, options.drop);
  return options.add ? proto::add_seal_key(options.path, options.queues)
                     : proto::create_seal_file(options.path, options.queues);
}

void check_usage(const KeygenOptions& options) {
  const int changes =
      (options.queues.empty() ? 0 : 1) + (options.first.empty() ? 0 : 1) + (options.drop.empty() ? 0 : 1);
  if (!options.seal && (changes > 0 || options.add))
    throw UsageError{"--queues, --add, --first and --drop are for seal keys", "give --seal as well"};
  if (options.seal && changes != 1)
    throw UsageError{"--seal needs one of --queues, --first and --drop",
                     "--queues 'pay.*' makes a key for these queues; --first and --drop take the id of a key"};
  if (options.add && options.queues.empty()) throw UsageError{"--add needs --queues"};
}

int keygen(const KeygenOptions& options) {
  check_usage(options);
  const std::string path = !options.path.empty() ? options.path : options.seal ? "forkmill.seal" : "forkmill.key";
  if (!options.seal) return make_key_files(path);
  KeygenOptions complete = options;
  complete.path = path;
  const auto id = change_seal_keys(complete);
  if (!id.ok()) throw CommandError{ExitCode::failed, id.failure().text};
  return print_stdout(id.value() + "\n");
}

}  // namespace

void add_keygen(const Program& program) {
  auto* command = program.app.add_subcommand("keygen", "Create a key for a broker, worker or client, or seal keys");
  command->footer(kKeygenFooter);
  auto options = std::make_shared<KeygenOptions>();
  command
      ->add_option("file", options->path,
                   "File of the secret key [default: forkmill.key, or forkmill.seal with --seal]")
      ->option_text("FILE");
  command->add_flag("--seal", options->seal, "Make or change a file of seal keys instead");
  command
      ->add_option("--queues", options->queues,
                   "With --seal: a new key for these queues: names, or prefixes followed by *, separated by commas")
      ->type_name("QUEUES");
  command->add_flag("--add", options->add, "With --queues: append the new key to the file");
  command->add_option("--first", options->first, "With --seal: make the key with this id the one that seals")
      ->type_name("ID");
  command->add_option("--drop", options->drop, "With --seal: remove the key with this id")->type_name("ID");
  command->callback([program, options] { program.action = [options] { return keygen(*options); }; });
}

}  // namespace forkmill::cli
