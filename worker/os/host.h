// The name of this machine, as it stands in messages to the broker.
#pragma once

#include <sys/utsname.h>

#include <string>

namespace forkmill::worker {

inline std::string host_name() {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "unknown";
}

}  // namespace forkmill::worker
