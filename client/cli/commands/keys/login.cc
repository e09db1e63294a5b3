// forkmill login: accepts an invitation, so that the commands of this user need no options.
#include <filesystem>
#include <memory>
#include <string>

#include "client/cli/commands/command.h"
#include "client/cli/errors/command_error.h"
#include "proto/transport/keys/invitation.h"

namespace forkmill::cli {

namespace {

constexpr const char* kLoginFooter =
    R"HELP(FILE is what `forkmill invite` has made. It is copied to ~/.config/forkmill/login, with mode
0600, and commands without --broker and FORKMILL_BROKER connect to its broker with its key.
An earlier login is replaced. Remove the file to log out.

Example:
  forkmill login alice.invitation)HELP";

int login(const std::string& invitation) {
  const auto endpoint = proto::read_invitation(invitation);
  if (!endpoint.ok()) throw CommandError{ExitCode::failed, endpoint.failure().text};
  const std::string file = login_file();
  if (file.empty()) throw CommandError{ExitCode::failed, "there is no home directory: HOME is not set"};
  std::error_code failure;
  const auto folder = std::filesystem::path{file}.parent_path();
  std::filesystem::create_directories(folder, failure);
  auto text = proto::read_trusted_file(invitation, true);
  if (!text.ok()) throw CommandError{ExitCode::failed, text.failure().text};
  const std::string fresh = file + ".new";
  std::filesystem::remove(fresh, failure);
  const auto status = proto::create_key_file(fresh, 0600, text.value());
  if (!status.ok()) throw CommandError{ExitCode::failed, status.failure().text};
  std::filesystem::rename(fresh, file, failure);
  if (failure) throw CommandError{ExitCode::failed, "cannot write " + file + ": " + failure.message()};
  return print_stdout("commands connect to " + endpoint.value() + " from now on\n");
}

}  // namespace

void add_login(const Program& program) {
  auto* command = program.app.add_subcommand("login", "Accept an invitation, so that commands need no options");
  command->footer(kLoginFooter);
  auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "The invitation")->required()->option_text("FILE");
  command->callback([program, file] { program.action = [file] { return login(*file); }; });
}

}  // namespace forkmill::cli
