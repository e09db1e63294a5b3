#include "worker/confinement/sandbox.h"

#include <cerrno>
#include <system_error>

#include "worker/confinement/syscall_filter.h"
#include "worker/os/landlock.h"

namespace forkmill::worker {

proto::Status check_sandbox() {
  if (landlock_version() == 0) {
    return {Errc::unknown,
            "this kernel has no Landlock, or this container may not use it (Linux 5.13 has it, unless 'landlock' is "
            "missing in its parameter lsm=)"};
  }
  return check_syscall_filter();
}

void enter_sandbox(const std::string& folder) {
  const auto rules = make_write_rules(folder);
  if (!obey(rules.get())) throw std::system_error{errno, std::generic_category(), "Landlock"};
  forbid_sockets(landlock_version() < kLandlockTruncates);
}

}  // namespace forkmill::worker
