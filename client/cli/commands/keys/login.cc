// forkmill login: takes an invitation, so that the commands of this user need no options.
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "client/cli/commands/command.h"
#include "client/cli/errors/command_error.h"
#include "proto/transport/joining/join.h"
#include "proto/transport/keys/key_files.h"

namespace forkmill::cli {

namespace {

constexpr const char* kLoginFooter =
    R"HELP(LINE is what `forkmill invite client` has printed; with -, it is read from standard input. This
makes a key in ~/.config/forkmill/joined, with mode 0600, has the broker accept it, and copies it
to ~/.config/forkmill/login: commands without --broker and FORKMILL_BROKER connect to its broker
with it. An earlier login is replaced, its key stays. Remove the file `login` to log out.

If it fails before the broker has answered, repeat it with the same line.

Example:
  forkmill login - <alice.invitation)HELP";

struct LoginOptions {
  std::string invitation;
  std::chrono::milliseconds timeout{std::chrono::seconds{30}};
};

// Lets commands use the key of `file`.
void use(const std::string& file) {
  const std::string login = login_file();
  if (login.empty()) throw CommandError{ExitCode::failed, "there is no home directory: HOME is not set"};
  auto text = proto::read_trusted_file(file, true);
  if (!text.ok()) throw CommandError{ExitCode::failed, text.failure().text};
  std::error_code failure;
  const std::string fresh = login + ".new";
  std::filesystem::remove(fresh, failure);
  const auto status = proto::create_key_file(fresh, 0600, text.value());
  if (!status.ok()) throw CommandError{ExitCode::failed, status.failure().text};
  std::filesystem::rename(fresh, login, failure);
  if (failure) throw CommandError{ExitCode::failed, "cannot write " + login + ": " + failure.message()};
}

int log_in(LoginOptions options) {
  if (options.invitation == "-") std::getline(std::cin, options.invitation);
  auto joined = proto::join({options.invitation, {}, options.timeout, {}});
  if (!joined.ok()) {
    const ExitCode code = joined.code() == Errc::disconnected          ? ExitCode::unreachable
                          : joined.code() == Errc::option_out_of_range ? ExitCode::usage
                                                                       : ExitCode::failed;
    throw CommandError{code, joined.failure().text};
  }
  use(joined->file);
  return print_stdout("commands connect to " + joined->endpoints + " from now on\n");
}

}  // namespace

void add_login(const Program& program) {
  auto* command = program.app.add_subcommand("login", "Accept an invitation, so that commands need no options");
  command->footer(kLoginFooter);
  auto options = std::make_shared<LoginOptions>();
  command->add_option("invitation", options->invitation, "The invitation, or - to read it")
      ->required()
      ->option_text("LINE");
  add_duration(*command, "--connect-timeout", options->timeout,
               "Fail if no broker has answered within this time [default: 30s]");
  command->callback([program, options] { program.action = [options] { return log_in(*options); }; });
}

}  // namespace forkmill::cli
