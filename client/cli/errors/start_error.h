// The errors of forkmill.exec commands that could not be started, which are no faults of a handler.
#pragma once

#include <forkmill/errors.h>

#include <optional>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

// Converts the error of a command whose program (no_program, cannot_execute) or folder (failed) the worker does not
// have. Null: `error` is another one.
std::optional<CommandError> start_error(const RemoteError& error);

// Whether `error` is that of a command whose folder the worker cannot enter.
bool is_folder_error(const RemoteError& error);

}  // namespace forkmill::cli
