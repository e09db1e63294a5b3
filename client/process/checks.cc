#include "client/process/checks.h"

#include <cstdlib>
#include <string_view>

#include "proto/limits.h"

namespace forkmill::client {

void refuse(const Process::State& process, const std::string& text) {
  throw Error{Errc::bad_request, "process " + process.options.name + ": " + text};
}

bool runs_in_pool() {
  const char* daemon = std::getenv("FORKMILL_DAEMON");
  return daemon != nullptr && std::string_view{daemon} == "pool";
}

void check_name(const std::string& name) {
  if (name.size() > proto::limits::kMaxName)
    throw Error{Errc::option_out_of_range, "a process's name has " + std::to_string(name.size()) + " bytes; at most " +
                                               std::to_string(proto::limits::kMaxName) + " are allowed"};
  for (const unsigned char c : name)
    if (c < ' ' || c == 127) throw Error{Errc::name_invalid, "a process's name must not have control characters"};
}

}  // namespace forkmill::client
