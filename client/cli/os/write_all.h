// Complete writes to a descriptor.
#pragma once

#include <string_view>

namespace forkmill::cli {

// Writes all of `text`, and blocks until it is written. Returns false if the reader has closed the pipe (EPIPE). Throws
// CommandError, with `name` in its message, for other errors, such as a full disk. REQUIRES: SIGPIPE is ignored.
bool write_all(int fd, std::string_view text, const char* name);

// Writes text that holds bytes of others, such as the output of a command or an error of a worker: to a terminal with
// escapes for what could control it (proto/printable.h), unless `raw`; to anything else as it is.
bool write_shown(int fd, std::string_view text, const char* name, bool raw = false);

}  // namespace forkmill::cli
