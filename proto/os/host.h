// The machine that this program runs on.
#pragma once

#include <sys/utsname.h>

#include <string>

namespace forkmill::proto {

// Returns the name of the machine, as it stands in messages. Never blocks.
inline std::string host_name() {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "unknown";
}

}  // namespace forkmill::proto
