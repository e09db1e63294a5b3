// Writes everything to a descriptor, or tells that nobody reads it any more.
#pragma once

#include <string_view>

namespace forkmill::cli {

// False when the reader has gone (EPIPE). Throws CommandError for any other failure, such as a full disk; `name` is for
// that message. REQUIRES: SIGPIPE is ignored.
bool write_all(int fd, std::string_view text, const char* name);

}  // namespace forkmill::cli
