// forkmill invite: makes, lists and revokes invitations, with which workers and clients get keys of their own.
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/commands/connection.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/text/human.h"
#include "client/cli/text/table.h"
#include "proto/names.h"
#include "proto/transport/joining/question.h"
#include "proto/transport/keys/invitation.h"

namespace forkmill::cli {

namespace {

constexpr const char* kWorkerFooter =
    R"HELP(Prints one line. On the other machine, `forkmill-worker --join LINE` (or FORKMILL_JOIN) makes a
key of its own there and has the broker accept it; after that, the line is of no use.
The line is a secret until then. RIGHTS are as in --authorized-keys (deploy/SECURITY.md), and at
most those of your own key.

Examples:
  forkmill invite worker --queues mail.out,mail.in --expires 1h
  forkmill invite worker --name mail-workers --client serve-names=mail.*)HELP";

constexpr const char* kClientFooter =
    R"HELP(Prints one line. `forkmill login LINE` makes a key there and has the broker accept it; after
that, the line is of no use. The line is a secret until then. RIGHTS are as in
--authorized-keys (deploy/SECURITY.md), and at most those of your own key.

Examples:
  forkmill invite client --name alice
  forkmill invite client --name mail-web --queues mail.* max-queued=1000 max-priority=0)HELP";

constexpr const char* kListFooter =
    R"HELP(States: pending; expired; enrolled, with the key; revoked. Invitations without
a key are forgotten a week after they have expired.

Example:
  forkmill invite ls)HELP";

constexpr const char* kRevokeFooter =
    R"HELP(A pending invitation can no longer be used. A key that was enrolled with one is removed: its
sessions end at once. Keys of the file of --authorized-keys are not touched.

Examples:
  forkmill invite revoke 8c1d2e3f4a5b6c7d
  forkmill invite revoke mail-workers)HELP";

constexpr std::chrono::hours kLongest{24 * 366};
constexpr std::size_t kDigitsOfName = 8;

struct InviteOptions {
  std::string name;  // the principal; empty: one that is made up
  std::string queues;
  bool is_also = false;  // worker: client, too; client: admin, too
  std::vector<std::string> rights;
  std::chrono::milliseconds expires{std::chrono::hours{1}};
  std::string at;  // endpoints for the invitation; empty: as the broker knows them
};

// The keys of the options, the environment or the login.
std::optional<proto::CurveKeys> keys_of(const ConnectionOptions& connection) {
  ConnectionOptions options = with_login(connection);
  const auto fill_in = [](std::string& option, const char* variable) {
    const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    if (option.empty() && value != nullptr) option = value;
  };
  fill_in(options.server_public_key, "FORKMILL_SERVER_PUBLIC_KEY");
  fill_in(options.key, "FORKMILL_KEY");
  auto keys = proto::read_curve_keys(options.broker, options.server_public_key, options.key);
  if (!keys.ok()) throw UsageError{keys.failure().text};
  return std::move(keys).value();
}

proto::Invited ask_broker(const ConnectionOptions& connection, proto::Invite question) {
  if (!proto::is_endpoint_list(connection.broker))
    throw UsageError{
        "'" + connection.broker + "' is not the endpoint of a broker",
        "write tcp://HOST:PORT with a port from 1 to 65535, or ipc://PATH, in --broker or FORKMILL_BROKER"};
  question.nonce = 1;  // the connection is for this question alone
  const auto answers = [](const proto::Message& message) {
    const auto* invited = std::get_if<proto::Invited>(&message);
    return invited != nullptr && invited->nonce == 1;
  };
  auto answer = proto::ask(
      {connection.broker, keys_of(connection), std::move(question), answers, connection.connect_timeout, {}});
  if (!answer.ok()) {
    const bool is_unreachable = answer.code() == Errc::disconnected;
    throw CommandError{is_unreachable ? ExitCode::unreachable : ExitCode::failed, answer.failure().text};
  }
  auto& invited = std::get<proto::Invited>(answer.value());
  if (invited.code == Errc::ok) return std::move(invited);
  throw CommandError{invited.code == Errc::invitation_unknown    ? ExitCode::not_found
                     : invited.code == Errc::option_out_of_range ? ExitCode::usage
                                                                 : ExitCode::failed,
                     invited.text};
}

// The endpoints that the invitation names.
std::string endpoints_of(const InviteOptions& options, const ConnectionOptions& connection,
                         const proto::Invited& invited) {
  if (!options.at.empty()) return options.at;
  if (connection.broker.starts_with("tcp://")) return connection.broker;
  return invited.endpoints;
}

int invite(const InviteOptions& options, bool is_worker, const ConnectionOptions& connection) {
  if (!options.at.empty() && (!proto::is_endpoint_list(options.at) || !options.at.starts_with("tcp://")))
    throw UsageError{"--at '" + options.at + "': an invitation is for TCP",
                     "write tcp://HOST:PORT, by which other machines reach the broker; separate several by commas"};
  if (options.expires.count() <= 0 || options.expires > kLongest)
    throw UsageError{"--expires: must be longer than 0, and 366 days at most"};
  const auto own = proto::make_key_pair();
  const std::string id = proto::invitation_id(own.public_key);
  proto::Invite question;
  question.verb = proto::InviteVerb::make;
  question.key = to_string(own.public_key);
  question.principal =
      !options.name.empty() ? options.name : (is_worker ? "worker-" : "client-") + id.substr(0, kDigitsOfName);
  question.roles =
      is_worker ? (options.is_also ? "worker,client" : "worker") : (options.is_also ? "client,admin" : "client");
  if (!options.queues.empty()) question.rights = (is_worker ? "serve=" : "submit=") + options.queues;
  for (const std::string& right : options.rights) question.rights += (question.rights.empty() ? "" : " ") + right;
  question.lifetime = options.expires;
  const auto invited = ask_broker(connection, std::move(question));
  const auto broker = proto::parse_key(invited.broker);
  const std::string endpoints = endpoints_of(options, connection, invited);
  if (!broker || !proto::is_endpoint_list(endpoints)) {
    proto::Invite revocation;
    revocation.verb = proto::InviteVerb::revoke;
    revocation.which = id;
    ask_broker(connection, std::move(revocation));
    throw CommandError{ExitCode::failed, "the broker has no endpoint for other machines",
                       "give --at tcp://HOST:PORT, or start the broker with --listen tcp://HOST:PORT"};
  }
  return print_stdout(to_string(proto::Invitation{endpoints, *broker, own}) + "\n");
}

int list(const OutputOptions& output, const ConnectionOptions& connection) {
  proto::Invite question;
  question.verb = proto::InviteVerb::list;
  const auto invited = ask_broker(connection, std::move(question));
  Table table{{{.name = "id"},
               {.name = "state"},
               {.name = "principal"},
               {.name = "roles"},
               {.name = "rights"},
               {.name = "by"},
               {.name = "expires_at_ms", .title = "expires"},
               {.name = "key", .wide = true}}};
  const auto now = unix_now().count();
  for (const auto& row : invited.rows) {
    const auto expires = row.expires.count();
    const auto left = static_cast<double>(expires - now) / 1000;
    table.add({row.id, row.state, row.principal, row.roles, row.rights, row.by,
               Cell{expires, row.state == "pending" ? "in " + format_duration(left) : format_clock(expires, now)},
               row.key});
  }
  return print_stdout(table.render(output.format, output.headers));
}

int revoke(const std::string& which, const ConnectionOptions& connection) {
  proto::Invite question;
  question.verb = proto::InviteVerb::revoke;
  question.which = which;
  const auto invited = ask_broker(connection, std::move(question));
  std::string text;
  for (const auto& row : invited.rows)
    text += row.id + " of " + row.principal + (row.state == "enrolled" ? ": removed its key\n" : ": revoked\n");
  return print_stdout(text);
}

void add_making(const Program& program, CLI::App& group, bool is_worker) {
  auto* command = group.add_subcommand(is_worker ? "worker" : "client",
                                       is_worker ? "Invite the worker of another machine" : "Invite a client");
  command->footer(is_worker ? kWorkerFooter : kClientFooter);
  auto options = std::make_shared<InviteOptions>();
  command->add_option("rights", options->rights, "Further rights and quotas, such as max-queued=1000")
      ->option_text("RIGHTS...");
  command
      ->add_option("--queues", options->queues,
                   is_worker ? "Queues that the worker may serve: names, or prefixes followed by *, separated "
                               "by commas [default: all]"
                             : "Queues into which the client may submit: names, or prefixes followed by *, "
                               "separated by commas [default: all]")
      ->type_name("NAMES");
  if (is_worker)
    command->add_flag("--client", options->is_also, "Let its handlers use clients as well");
  else
    command->add_flag("--admin", options->is_also, "Give the commands of operators as well");
  command
      ->add_option("--name", options->name,
                   std::string{"Name of the principal; up to two keys may share it [default: "} +
                       (is_worker ? "worker" : "client") + "-DIGITS]")
      ->type_name("PRINCIPAL");
  add_duration(*command, "--expires", options->expires, "The invitation is valid for this long [default: 1h]");
  command
      ->add_option("--at", options->at,
                   "Endpoints of the broker, or of several that stand by for each other, separated by commas [default: "
                   "that of --broker, or those on which the broker listens]")
      ->type_name("ENDPOINTS");
  add_connection_options(*command, program.connection);
  command->callback([program, options, is_worker] {
    program.action = [program, options, is_worker] { return invite(*options, is_worker, program.connection); };
  });
}

}  // namespace

void add_invite(const Program& program) {
  auto* group =
      program.app.add_subcommand("invite", "Invite workers and clients of other machines")->require_subcommand(1);
  add_making(program, *group, true);
  add_making(program, *group, false);
  auto* listing = group->add_subcommand("ls", "List invitations, and the keys enrolled with them")->alias("list");
  listing->footer(kListFooter);
  auto output = std::make_shared<OutputOptions>();
  add_format_options(*listing, *output);
  add_connection_options(*listing, program.connection);
  listing->callback(
      [program, output] { program.action = [program, output] { return list(*output, program.connection); }; });
  auto* revoking = group->add_subcommand("revoke", "Revoke an invitation, or remove the key enrolled with it");
  revoking->footer(kRevokeFooter);
  auto which = std::make_shared<std::string>();
  revoking->add_option("which", *which, "Id of the invitation, or name of a principal")
      ->required()
      ->option_text("ID|PRINCIPAL");
  add_connection_options(*revoking, program.connection);
  revoking->callback(
      [program, which] { program.action = [program, which] { return revoke(*which, program.connection); }; });
}

}  // namespace forkmill::cli
