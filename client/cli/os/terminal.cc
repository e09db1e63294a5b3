#include "client/cli/os/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace forkmill::cli {

namespace {

const char* variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  return value == nullptr ? "" : value;
}

}  // namespace

Terminal terminal() {
  const bool dumb = std::string_view{variable("TERM")} == "dumb";
  Terminal found;
  found.err = ::isatty(STDERR_FILENO) == 1 && !dumb;
  found.out = ::isatty(STDOUT_FILENO) == 1;
  found.colour = found.err && *variable("NO_COLOR") == '\0';
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) found.width = size.ws_col;
  return found;
}

}  // namespace forkmill::cli
