#include "client/cli/errors/start_error.h"

#include <forkmill/exec.h>

#include <string>

namespace forkmill::cli {

bool is_folder_error(const RemoteError& error) { return error.type() == ExecFolderError::kType; }

std::optional<CommandError> start_error(const RemoteError& error) {
  const auto text = "worker " + (error.worker().empty() ? "unknown" : error.worker()) + " " + error.message();
  if (error.type() == ExecNotFoundError::kType)
    return CommandError{ExitCode::no_program, text, "install the program on the worker, or give its whole path"};
  if (error.type() == ExecNotExecutableError::kType) return CommandError{ExitCode::cannot_execute, text};
  if (is_folder_error(error))
    return CommandError{ExitCode::failed, text, "give a folder that all workers have with --wd DIR, such as --wd /tmp"};
  return std::nullopt;
}

}  // namespace forkmill::cli
